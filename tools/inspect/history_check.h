// The leases among each other: their tokens, and the order in which they ended.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "format/persisted.h"
#include "storage/persistent_journal.h"

namespace pharox::tools {

using ReportFinding =
    std::function<void(format::Table table, std::string_view key, std::string reason)>;

// The ends of leases are numbered from history_first on, without a gap; the tokens of all leases
// are different and below `token_mark`. Holds both numbers of each lease.
void check_history(storage::StoreReader& reader, std::uint64_t token_mark,
                   const ReportFinding& report);

}  // namespace pharox::tools
