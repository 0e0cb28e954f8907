// And how many pairs does SQLite do on the same disk: one by one, as durable as either mode, and in
// the fastest form that is known of it, many in one transaction on a small pool?
#include "bench/durable_rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

constexpr std::size_t kInTransaction = 64;

using Bring = std::function<SqliteStore&()>;

Bring bring_sqlite(const std::shared_ptr<Stage>& stage, std::size_t proxies, SqliteMedium medium) {
  return [=]() -> SqliteStore& {
    const Dataset& dataset = stage->dataset(proxies);
    const std::string key =
        "durable/" + std::string(to_string(medium)) + "/" + std::to_string(proxies);
    return stage->get(key, [&] {
      auto store = std::make_unique<SqliteStore>(*load_into_sqlite(dataset, {}), medium);
      store->prepare({}, SelectorStrategy::least_used);
      return store;
    });
  };
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
  rows.push_back(durable_row(scale, name + "1", full ? 1'500 : 5'000,
                             [bring = bring_sqlite(stage, scale.durable, medium)](auto& state) {
                               run_pairs(state, bring());
                             }));
  if (!full) return;
  rows.push_back(durable_row(scale, name + std::to_string(kInTransaction) + "_in_transaction", 400,
                             [bring = bring_sqlite(stage, scale.durable_few, medium)](auto& state) {
                               run_transactions(state, bring());
                             }));
}

}  // namespace pharox::bench
