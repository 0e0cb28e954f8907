// The history of ended leases: the leases themselves, and the order in which they ended.
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

// Each ended lease is numbered exactly once, from history_first on without a gap; none is active
// too; the tokens of all leases are different and below `token_mark`. Holds an id and a token for
// each lease, ended or active.
void check_history(storage::StoreReader& reader, std::uint64_t token_mark,
                   const ReportFinding& report);

}  // namespace pharox::tools
