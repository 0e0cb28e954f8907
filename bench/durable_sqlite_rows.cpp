// And how many pairs does SQLite do on the same disk: one by one, as durable as either mode, and in
// the fastest form that is known of it, many in one transaction on a small pool? Both with the
// indexes of every question and with that of this one alone.
#include "bench/durable_rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

constexpr std::size_t kInTransaction = 64;

struct Setting {
  std::size_t proxies;
  SqliteMedium medium;
  SqliteIndexes indexes;

  std::string suffix() const { return indexes == SqliteIndexes::all ? "" : "_one_index"; }
  std::string key() const {
    return "durable/" + std::string(to_string(medium)) + "/" + std::to_string(proxies) + suffix();
  }
};

SqliteStore& bring_sqlite(Stage& stage, const Setting& setting) {
  const Dataset& dataset = stage.dataset(setting.proxies);
  return stage.get(setting.key(), [&] {
    const auto loaded = load_into_sqlite(dataset, {});
    auto store = std::make_unique<SqliteStore>(*loaded, setting.medium, setting.indexes);
    store->prepare({}, SelectorStrategy::least_used);
    return store;
  });
}

void run_pairs(benchmark::State& state, SqliteStore& store) {
  for (auto _ : state) store.lease_and_release();
  state.SetItemsProcessed(state.iterations());
}

void run_transactions(benchmark::State& state, SqliteStore& store) {
  for (auto _ : state) store.lease_and_release_in_one_transaction(kInTransaction);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kInTransaction));
}

}  // namespace

void add_durable_sqlite_rows(const Scale& scale, const std::shared_ptr<Stage>& stage,
                             SqliteMedium medium, Rows& rows) {
  const bool full = medium == SqliteMedium::wal_full;
  const std::string name = full ? "Durable/SQLite/full/" : "Durable/SQLite/normal/";
  for (const SqliteIndexes indexes : {SqliteIndexes::all, SqliteIndexes::least_used}) {
    const Setting one_by_one{scale.durable, medium, indexes};
    rows.push_back(
        durable_row(scale, name + "1" + one_by_one.suffix(), full ? 1'500 : 5'000,
                    [=](auto& state) { run_pairs(state, bring_sqlite(*stage, one_by_one)); }));
    if (!full) continue;
    const Setting together{scale.durable_few, medium, indexes};
    rows.push_back(durable_row(
        scale, name + std::to_string(kInTransaction) + "_in_transaction" + together.suffix(), 400,
        [=](auto& state) { run_transactions(state, bring_sqlite(*stage, together)); }));
  }
}

}  // namespace pharox::bench
