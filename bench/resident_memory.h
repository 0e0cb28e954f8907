// How much memory this process has.
#pragma once

#include <cstdint>

namespace pharox::bench {

// The pages that are in memory, in bytes.
std::int64_t resident_bytes();

// The same after what is free has been given back to the system, so that a difference between two
// of these is what was kept in between.
std::int64_t resident_bytes_in_use();

}  // namespace pharox::bench
