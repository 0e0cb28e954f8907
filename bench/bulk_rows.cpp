// Bulk: how fast a pool is filled, and what it takes in memory.
#include "bench/latencies.h"
#include "bench/pharox_store.h"
#include "bench/resident_memory.h"
#include "bench/rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

double texts_of(const Dataset& dataset) {
  std::size_t bytes = 0;
  for (const Proxy& proxy : dataset.proxies) bytes += text_bytes(proxy);
  return static_cast<double>(bytes);
}

// The dataset is there before and after, so that the difference is the store's alone.
void run_bulk(benchmark::State& state, const Dataset& dataset) {
  double kept = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto before = resident_bytes_in_use();
    {
      InMemoryStorage storage(quiet_options());
      storage.save_pool(dataset.pool);
      state.ResumeTiming();
      storage.add_proxies_bulk(dataset.proxies);
      state.PauseTiming();
      kept = static_cast<double>(resident_bytes_in_use() - before);
    }
    state.ResumeTiming();
  }
  const auto proxies = static_cast<double>(dataset.proxies.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(dataset.proxies.size()));
  state.counters["bytes_per_proxy"] = kept / proxies;
  state.counters["bytes_beyond_text_per_proxy"] = (kept - texts_of(dataset)) / proxies;
}

}  // namespace

void add_bulk_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t proxies : scale.proxies) {
    rows.push_back({"Bulk/add_proxies_bulk/" + std::to_string(proxies),
                    [=](benchmark::State& state) {
                      stage->clear();
                      run_bulk(state, stage->dataset(proxies));
                    },
                    1});
  }
}

}  // namespace pharox::bench
