// Filters: what filters cost that never become familiar, and whether they leave anything behind.
#include <optional>
#include <random>

#include "bench/latencies.h"
#include "bench/pharox_store.h"
#include "bench/resident_memory.h"
#include "bench/rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

// As users' filters are: a country, mostly with something else, often a distance. No two are equal,
// because of the distance or of the number that is excluded.
std::vector<ProxyFilters> different_filters(const Dataset& dataset, std::size_t count) {
  std::mt19937_64 random(5);
  const auto any_proxy = [&]() -> const Proxy& {
    return dataset.proxies[random() % dataset.proxies.size()];
  };
  std::vector<ProxyFilters> filters(count);
  for (std::size_t i = 0; i < count; ++i) {
    ProxyFilters& asked = filters[i];
    asked.country = any_proxy().country;
    if (i % 2 == 0) {
      asked.latitude = any_proxy().latitude;
      asked.longitude = any_proxy().longitude;
      asked.radius_km = 50.0 + static_cast<double>(i);
    } else {
      asked.source = any_proxy().source;
      asked.none_of = {{.asn = static_cast<std::uint32_t>(i)}, {.isp = any_proxy().isp}};
    }
  }
  return filters;
}

struct FilterStream {
  FilterStream(const Dataset& dataset, std::size_t count)
      : store(dataset, leased_proxies(dataset, Occupancy::half)),
        filters(different_filters(dataset, count)) {}

  PharoxStore store;
  std::vector<ProxyFilters> filters;
  std::size_t turn = 0;
  std::optional<std::int64_t> resident_before;
};

void run_filter_stream(benchmark::State& state, FilterStream& stream) {
  Latencies latencies;
  for (auto _ : state) {
    stream.store.prepare(stream.filters[stream.turn], SelectorStrategy::first_available);
    stream.turn = (stream.turn + 1) % stream.filters.size();
    latencies.add(time_of([&] { stream.store.select(); }));
  }
  state.SetItemsProcessed(state.iterations());
  latencies.report(state);
  // The first repetition fills what may be filled; from then on nothing may grow.
  const std::int64_t resident = resident_bytes();
  if (!stream.resident_before) stream.resident_before = resident;
  state.counters["growth_bytes"] = static_cast<double>(resident - *stream.resident_before);
}

Row filter_stream_row(std::size_t count, std::size_t proxies, const std::shared_ptr<Stage>& stage) {
  // Five repetitions ask them all.
  constexpr std::size_t kParts = 5;
  const std::string name =
      "Filters/" + std::to_string(count) + "_in_turn/" + std::to_string(proxies);
  return {name,
          [=](benchmark::State& state) {
            run_filter_stream(state, stage->get(name, [&] {
              return std::make_unique<FilterStream>(stage->dataset(proxies), count);
            }));
          },
          static_cast<std::int64_t>(count / kParts)};
}

}  // namespace

void add_filter_stream_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t proxies : scale.proxies) {
    rows.push_back(filter_stream_row(scale.different_filters, proxies, stage));
  }
}

}  // namespace pharox::bench
