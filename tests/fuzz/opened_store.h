// What must hold of any store whose every row is sound by itself: it is damaged, and said to be, or
// every invariant holds and it can be leased from.
#pragma once

#include "tests/simulation/simulated_disk.h"

namespace pharox::tests {

// The boot that it is opened in, and the moment.
inline constexpr std::uint64_t kBootNumber = 7;

// Throws std::logic_error for a finding.
void open_and_use(SimulatedDisk& disk);

}  // namespace pharox::tests
