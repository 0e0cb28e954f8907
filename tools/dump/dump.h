// Walks the records of a store, one at a time, and shows those that are asked for.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tools/dump/record_kind.h"
#include "tools/dump/record_printer.h"
#include "tools/store_view.h"

namespace pharox::tools {

struct DumpFilter {
  std::vector<RecordKind> kinds;
  std::optional<std::string> pool;      // of records that belong to a pool
  std::optional<std::string> consumer;  // of leases, and of consumers themselves
  std::optional<std::string> status;    // of records that have one
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // of records of each kind
};

// In the order of kRecordKinds. Throws PoolNotFoundError or ConsumerNotFoundError when the filter
// names one that the store does not have.
void dump(StoreView& view, const DumpFilter& filter, RecordPrinter& printer);

}  // namespace pharox::tools
