#include "tools/inspect/verification.h"

#include <fmt/format.h>

#include "engine/lease_state.h"
#include "format/codec.h"
#include "format/keys.h"
#include "pharox/clock.h"
#include "pharox/errors.h"
#include "tools/inspect/history_check.h"
#include "tools/store_view.h"

namespace pharox::tools {

namespace {

using format::Table;

class Verifier {
 public:
  explicit Verifier(storage::StoreReader& reader) : reader_(reader) {}

  Verification run() {
    check_losses();
    count_rows();
    check_recovery();
    const std::uint64_t mark = token_mark();
    check_history(reader_, mark, [this](Table table, std::string_view key, std::string reason) {
      found(format::table_name(table), key, std::move(reason));
    });
    check_health();
    for (std::string& finding : reader_.verify_files()) found("files", {}, std::move(finding));
    return std::move(result_);
  }

 private:
  void found(std::string_view place, std::string_view key, std::string reason) {
    const std::string name = key.empty() ? "" : format::key_text(key);
    // The codec's reasons begin with the place, which the finding has already.
    const std::string prefix = fmt::format("table {}, key {}: ", place, name);
    if (reason.starts_with(prefix)) reason.erase(0, prefix.size());
    result_.findings.push_back({std::string(place), name, std::move(reason)});
  }

  // A table whose blocks cannot be read ends the walk through it, not the verification.
  template <class Check>
  void guarded(std::string_view place, const Check& check) {
    try {
      check();
    } catch (const CorruptionError& error) {
      found(place, {}, error.what());
    }
  }

  void check_losses() {
    const storage::Losses& losses = reader_.losses();
    for (const std::string& finding : losses.findings) found("witness", {}, finding);
    if (losses.missing_changes != 0) {
      found("witness", {},
            fmt::format("at least {} row changes are missing", losses.missing_changes));
    }
  }

  void count_rows() {
    for (const auto& [table, name] : format::kTables) {
      std::uint64_t rows = 0;
      guarded(name, [&, table = table] {
        reader_.visit(table, {}, [&](std::string_view, std::string_view) {
          ++rows;
          return true;
        });
      });
      result_.sizes.push_back({name, rows});
    }
  }

  void check_recovery() {
    const SystemClock clock;
    engine::LeaseState state({.now = clock.now(), .boot_id = clock.boot_id(), .id_seed = 1});
    const std::size_t before = result_.findings.size();
    guarded("state", [&] {
      storage::recover(reader_, state,
                       [this](Table table, std::string_view key, std::string_view reason) {
                         found(format::table_name(table), key, std::string(reason));
                       });
    });
    // What was recovered in part contradicts itself for a reason that is already listed.
    if (result_.findings.size() != before) return;
    storage::ChangeList not_made;
    state.resume(not_made);
    if (auto finding = state.validate()) found("state", {}, *std::move(finding));
  }

  std::uint64_t token_mark() {
    try {
      return find_number(reader_, format::kTokenMarkKey).value_or(0);
    } catch (const CorruptionError&) {
      return UINT64_MAX;  // reported by the recovery; not once more for each lease
    }
  }

  void check_health() {
    guarded(format::table_name(Table::health), [this] {
      reader_.visit(Table::health, {}, [this](std::string_view key, std::string_view value) {
        try {
          format::decode_health(key, value);
          if (!reader_.find(Table::proxies, key)) {
            found(format::table_name(Table::health), key, "its proxy is missing");
          }
        } catch (const CorruptionError& error) {
          found(format::table_name(Table::health), key, error.what());
        }
        return true;
      });
    });
  }

  storage::StoreReader& reader_;
  Verification result_;
};

}  // namespace

Verification verify(storage::StoreReader& reader) { return Verifier(reader).run(); }

}  // namespace pharox::tools
