// A lease as the store keeps it: what callers see, and what tells its end whatever the wall clock
// does.
#pragma once

#include "pharox/lease.h"

namespace pharox::format {

struct StoredLease {
  Lease lease{};
  // How long it was granted for, at its start or at its last renewal.
  Duration duration{};
  // Its end on the clock that counts from boot (CLOCK_BOOTTIME), and the boot meant. Within that
  // boot it decides; in another one the wall clock does, clamped to [0, duration]. A nil boot id
  // says that the end is known on the wall clock only.
  Duration deadline_since_boot{};
  Uuid boot_id{};

  friend bool operator==(const StoredLease&, const StoredLease&) = default;
};

// The rules of Lease, and both spans from 0 to 9999 years. Throws InvalidArgumentError like those.
void validate(const StoredLease& lease);

}  // namespace pharox::format
