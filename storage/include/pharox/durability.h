// What a store promises to keep.
#pragma once

#include <cstdint>

#include "pharox/time.h"

namespace pharox {

// What the effect of a call survives once the call has returned. What is recovered is always a
// prefix of the order in which the changes were made, and contains all that is promised here.
enum class Durability {
  sync,     // kill -9 and power loss: one fdatasync for all calls that commit together
  process,  // kill -9; a power loss may take the last moments, in order, never with holes
};

// How many ended leases are kept at most, and for how long after their end. The oldest ended go
// first; by age, those of a 65,536th of `max_age`, but of a second at least, at once.
//
// Opening a store reads those that it keeps: somewhat less than a microsecond each.
struct HistoryLimits {
  std::uint64_t max_leases = 100'000;
  Duration max_age = std::chrono::hours{24 * 7};
};

}  // namespace pharox
