#include "tools/inspect/history_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <vector>

#include "format/codec.h"
#include "pharox/errors.h"
#include "tools/store_view.h"

namespace pharox::tools {

namespace {

using format::Table;

class HistoryCheck {
 public:
  HistoryCheck(storage::StoreReader& reader, std::uint64_t token_mark, const ReportFinding& report)
      : reader_(reader), token_mark_(token_mark), report_(report) {}

  void run() {
    read_first();
    // Rows that the recovery has reported already are passed over in silence.
    try {
      reader_.visit(Table::leases, {}, [&](std::string_view key, std::string_view value) {
        try {
          take(key, format::decode_lease(key, value));
        } catch (const CorruptionError&) {
          has_unread_ = true;
        }
        return true;
      });
    } catch (const CorruptionError&) {
      has_unread_ = true;
    }
    if (first_ && !has_unread_) check_gaps();
  }

 private:
  void read_first() {
    try {
      first_ = find_number(reader_, format::kHistoryFirstKey).value_or(1);
    } catch (const CorruptionError&) {
      // Reported by the recovery. Without it no lease can be said to be missing.
    }
  }

  void take(std::string_view key, const format::LeaseRow& row) {
    const std::uint64_t token = row.stored.lease.token;
    if (token >= token_mark_) {
      report_(Table::leases, key,
              fmt::format("its token {} is not below token_mark {}", token, token_mark_));
    }
    if (!tokens_.insert(token).second) {
      report_(Table::leases, key, fmt::format("its token {} is another lease's too", token));
    }
    if (!row.ended() || (first_ && row.end_number < *first_)) return;
    if (!ends_.insert(row.end_number).second) {
      report_(Table::leases, key,
              fmt::format("its end has the number {}, which is another's too", row.end_number));
    }
  }

  void check_gaps() {
    std::vector<std::uint64_t> ends(ends_.begin(), ends_.end());
    std::ranges::sort(ends);
    std::uint64_t next = *first_;
    for (const std::uint64_t end : ends) {
      if (end != next) {
        report_(Table::leases, {},
                fmt::format("the leases whose ends have the numbers {} to {} are missing", next,
                            end - 1));
      }
      next = end + 1;
    }
  }

  storage::StoreReader& reader_;
  const std::uint64_t token_mark_;
  const ReportFinding& report_;
  std::optional<std::uint64_t> first_;  // where the history begins
  std::unordered_set<std::uint64_t> tokens_;
  std::unordered_set<std::uint64_t> ends_;
  bool has_unread_ = false;
};

}  // namespace

void check_history(storage::StoreReader& reader, std::uint64_t token_mark,
                   const ReportFinding& report) {
  HistoryCheck(reader, token_mark, report).run();
}

}  // namespace pharox::tools
