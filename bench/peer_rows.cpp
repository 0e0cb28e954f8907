// The same questions to what people would use instead: a scan, and a table in SQLite.
#include <algorithm>

#include "bench/grid.h"
#include "bench/linear_scan.h"
#include "bench/sqlite_store.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

Bring<LinearScan> bring_scan(const std::shared_ptr<Stage>& stage, const Question& question) {
  return [stage, key = question.key("LinearScan"), place = question.place]() -> LinearScan& {
    return stage->get(key, [&] {
      const Dataset& dataset = stage->dataset(place.proxies);
      return std::make_unique<LinearScan>(dataset, leased_proxies(dataset, place.occupancy));
    });
  };
}

// Loading takes many times longer than copying, so that what was loaded serves all media.
struct SqliteStores {
  SqliteStores(const Dataset& dataset, Occupancy occupancy)
      : loaded(load_into_sqlite(dataset, leased_proxies(dataset, occupancy))) {}

  SqliteStore& at(SqliteMedium wanted) {
    if (!store || medium != wanted) {
      store.reset();
      store.emplace(*loaded, wanted);
      medium = wanted;
    }
    return *store;
  }

  std::unique_ptr<SqliteDatabase> loaded;
  SqliteMedium medium{};
  std::optional<SqliteStore> store;
};

Bring<SqliteStore> bring_sqlite(const std::shared_ptr<Stage>& stage, const Question& question,
                                SqliteMedium medium) {
  return [stage, medium, key = question.key("SQLite"), place = question.place]() -> SqliteStore& {
    return stage
        ->get(key,
              [&] {
                return std::make_unique<SqliteStores>(stage->dataset(place.proxies),
                                                      place.occupancy);
              })
        .at(medium);
  };
}

// On a file a choice reads the same pages from the same cache as in memory, so that there only
// leasing is asked about, with a filter of each kind of plan.
bool is_among_the_default(const Question& question, SqliteMedium medium, bool leasing) {
  static constexpr std::array<std::string_view, 4> kFilters{"none", "country_1pct", "one_match",
                                                            "exhausted"};
  if (medium == SqliteMedium::memory) return true;
  return leasing && std::ranges::find(kFilters, question.filter.name) != kFilters.end();
}

void add_sqlite_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, const Place& place,
                     Rows& rows) {
  for (const SqliteMedium medium : kSqliteMedia) {
    const std::string what = "SQLite/" + std::string(to_string(medium));
    for (const Question& question : questions_at(place)) {
      if (scale.every_peer || is_among_the_default(question, medium, false)) {
        rows.push_back(
            select_row(what + "/Select", question, bring_sqlite(stage, question, medium)));
      }
      if (scale.every_peer || is_among_the_default(question, medium, true)) {
        rows.push_back(pair_row(what + "/Pair", question, bring_sqlite(stage, question, medium)));
      }
    }
  }
}

}  // namespace

void add_peer_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t proxies : scale.peer_proxies) {
    for (const Occupancy occupancy : kOccupancies) {
      if (!scale.every_peer && occupancy != Occupancy::half) continue;
      const Place place{proxies, occupancy};
      for (const Question& question : questions_at(place)) {
        rows.push_back(select_row("LinearScan/Select", question, bring_scan(stage, question)));
      }
      add_sqlite_rows(scale, stage, place, rows);
    }
  }
}

}  // namespace pharox::bench
