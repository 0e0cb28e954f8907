// Select and Pair: what a choice, and a lease, cost by selector, filter, occupancy and size.
#include <algorithm>

#include "bench/grid.h"
#include "bench/pharox_store.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

Bring<PharoxStore> bring_pharox(const std::shared_ptr<Stage>& stage, const Question& question) {
  return [stage, key = question.key("Pharox"), place = question.place]() -> PharoxStore& {
    return stage->get(key, [&] {
      const Dataset& dataset = stage->dataset(place.proxies);
      return std::make_unique<PharoxStore>(dataset, leased_proxies(dataset, place.occupancy));
    });
  };
}

// Enough to see whether the lines stay flat beyond a million.
bool is_among_the_few(const Question& question) {
  static constexpr std::array<std::string_view, 4> kFilters{"none", "country_1pct", "and_disjoint",
                                                            "geo_2000km"};
  return std::ranges::find(kFilters, question.filter.name) != kFilters.end();
}

}  // namespace

void add_grid_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  const auto add = [&](const Question& question) {
    rows.push_back(select_row("Select", question, bring_pharox(stage, question)));
    rows.push_back(pair_row("Pair", question, bring_pharox(stage, question)));
  };
  for (const std::size_t proxies : scale.proxies) {
    for (const Occupancy occupancy : kOccupancies) {
      for (const Question& question : questions_at({proxies, occupancy})) add(question);
    }
  }
  if (!scale.ten_million) return;
  for (const Question& question : questions_at({10'000'000, Occupancy::half})) {
    if (is_among_the_few(question)) add(question);
  }
}

}  // namespace pharox::bench
