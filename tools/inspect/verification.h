// Checks a store from its rows alone: every record, and every invariant across records.
//
// 1. The losses that the witness shows, if the reader accepts them.
// 2. Each row is decoded, which checks its checksum, its fields and its key.
// 3. Pools, consumers, proxies, active leases, cursors and the token mark go into the engine's own
//    recovery, which refuses what contradicts the rows before it; then the engine's own validate()
//    looks at the whole.
// 4. The history: each ended lease is numbered exactly once and the numbers have no gap; the
//    health results are those of proxies that exist; tokens are unique and below the mark.
// 5. The database's own checksums of its files.
//
// A finding ends nothing: the checks go on behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/persistent_journal.h"

namespace pharox::tools {

struct Finding {
  std::string place;  // a table, or "files", "witness", or "state" for what holds across tables
  std::string key;    // empty when no single row is meant
  std::string reason;
};

struct TableSize {
  std::string_view table;
  std::uint64_t rows = 0;
};

struct Verification {
  std::vector<TableSize> sizes;
  std::vector<Finding> findings;
};

// Throws StorageError when the store cannot be read for a reason other than corruption.
Verification verify(storage::StoreReader& reader);

}  // namespace pharox::tools
