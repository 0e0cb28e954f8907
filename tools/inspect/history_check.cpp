#include "tools/inspect/history_check.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"

namespace pharox::tools {

namespace {

using format::Table;

class HistoryCheck {
 public:
  HistoryCheck(storage::StoreReader& reader, std::uint64_t token_mark, const ReportFinding& report)
      : reader_(reader), token_mark_(token_mark), report_(report) {}

  void run() {
    // Rows that the recovery has reported already are passed over in silence.
    each_row(Table::leases, false, [this](std::string_view key, std::string_view value) {
      check_token(Table::leases, key, format::decode_active_lease(key, value).lease.token);
    });
    each_row(Table::lease_history, true, [this](std::string_view key, std::string_view value) {
      take_ended_lease(key, format::decode_ended_lease(key, value));
    });
    read_first();
    each_row(Table::history_order, true, [this](std::string_view key, std::string_view value) {
      take_order(key, format::decode_history_order(key, value));
    });
    for (const auto& [id, times] : numbered_) {
      if (times == 0) {
        report_(Table::lease_history, format::uuid_key(id), "it has no number in history_order");
      }
    }
  }

 private:
  template <class Take>
  void each_row(Table table, bool reporting, const Take& take) {
    try {
      reader_.visit(table, {}, [&](std::string_view key, std::string_view value) {
        try {
          take(key, value);
        } catch (const CorruptionError& error) {
          if (reporting) report_(table, key, error.what());
        }
        return true;
      });
    } catch (const CorruptionError& error) {
      if (reporting) report_(table, {}, error.what());
    }
  }

  void check_token(Table table, std::string_view key, std::uint64_t token) {
    if (token >= token_mark_) {
      report_(table, key,
              fmt::format("its token {} is not below token_mark {}", token, token_mark_));
    }
    if (!tokens_.insert(token).second) {
      report_(table, key, fmt::format("its token {} is another lease's too", token));
    }
  }

  void take_ended_lease(std::string_view key, const format::StoredLease& stored) {
    numbered_.emplace(stored.lease.id, 0);
    check_token(Table::lease_history, key, stored.lease.token);
    if (reader_.find(Table::leases, key)) {
      report_(Table::lease_history, key, "the lease is among the active ones too");
    }
  }

  void read_first() {
    try {
      const auto value = reader_.find(Table::meta, format::kHistoryFirstKey);
      first_ = value ? format::decode_number(format::kHistoryFirstKey, *value) : 0;
    } catch (const CorruptionError&) {
      // Reported by the recovery. Without it no lease can be said to be missing.
      first_.reset();
    }
  }

  void take_order(std::string_view key, const format::HistoryOrder& order) {
    // history_first may stand inside the first row, whose leases before it are gone already.
    const std::uint64_t end = order.first + order.lease_ids.size();
    const bool continues =
        next_ ? order.first == *next_ : !first_ || (order.first <= *first_ && *first_ < end);
    if (!continues) {
      report_(Table::history_order, key,
              fmt::format("it begins at {}, not at {}", order.first, next_ ? *next_ : *first_));
    }
    next_ = end;
    for (std::size_t i = 0; i < order.lease_ids.size(); ++i) {
      take_number(key, order.first + i, order.lease_ids[i]);
    }
  }

  void take_number(std::string_view key, std::uint64_t number, const Uuid& id) {
    if (first_ && number < *first_) return;
    const auto lease = numbered_.find(id);
    if (lease == numbered_.end()) {
      if (first_) {
        report_(Table::history_order, key,
                fmt::format("lease {}, number {}, is missing", id.to_string(), number));
      }
    } else if (++lease->second > 1) {
      report_(Table::history_order, key,
              fmt::format("lease {} has a second number, {}", id.to_string(), number));
    }
  }

  storage::StoreReader& reader_;
  const std::uint64_t token_mark_;
  const ReportFinding& report_;
  std::unordered_set<std::uint64_t> tokens_;
  std::unordered_map<Uuid, std::uint32_t> numbered_;  // ended leases, and how often each is listed
  std::optional<std::uint64_t> first_;
  std::optional<std::uint64_t> next_;  // the number that the next order row must begin with
};

}  // namespace

void check_history(storage::StoreReader& reader, std::uint64_t token_mark,
                   const ReportFinding& report) {
  HistoryCheck(reader, token_mark, report).run();
}

}  // namespace pharox::tools
