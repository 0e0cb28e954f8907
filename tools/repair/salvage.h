// Writes the rows that can be read of a damaged store into the journal of an empty one, so that
// what is written agrees with itself.
//
// 1. A row is taken if it is whole and what it refers to has been taken.
// 2. A pool or consumer that is gone is made anew, under a name that says so, for the proxies or
//    leases that refer to it. Nothing else is invented: leases and health results of a proxy that
//    is gone are refused.
// 3. Of what cannot both be true one is taken: a lease that has ended is not active, a token is one
//    lease's.
// 4. If anything was lost, tokens go on far above all that are known: some may have been handed
// out.
// 5. Ended leases are numbered anew, in the order of their ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/journal.h"
#include "storage/salvage.h"

namespace pharox::tools {

struct SalvagedTable {
  std::string_view table;
  std::uint64_t read = 0;
  std::uint64_t kept = 0;
};

struct SalvageReport {
  std::vector<SalvagedTable> tables{};
  // Rows that were refused, or made anew, a line each with the key and the reason, and no secret;
  // the first kMaxLines of them.
  std::vector<std::string> lines{};
  std::uint64_t lost = 0;  // how many there are in all
};

// `was_damaged`: something is known to be lost before a row is read. Makes everything durable.
// Throws StorageError when `target` cannot be written. Memory: that of the ids.
SalvageReport salvage(storage::SalvageReader& source, storage::Journal& target, Timestamp now,
                      bool was_damaged);

}  // namespace pharox::tools
