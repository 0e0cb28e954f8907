// The grid's axes, and how a question becomes a row.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "bench/contender.h"
#include "bench/dataset.h"
#include "bench/filter_cases.h"
#include "bench/rows.h"

namespace pharox::bench {

inline constexpr std::array kSelectors{SelectorStrategy::first_available,
                                       SelectorStrategy::least_used, SelectorStrategy::round_robin};

// Which store: what can be shared between rows.
struct Place {
  std::size_t proxies;
  Occupancy occupancy;
};

struct Question {
  SelectorStrategy selector;
  FilterCase filter;
  Place place;

  // "<what>/<selector>/<filter>/<occupancy>/<proxies>"
  std::string name(std::string_view what) const;
  // Under which the stage holds the store of a contender at this place.
  std::string key(std::string_view contender) const;
};

// All selectors and filters at a place.
std::vector<Question> questions_at(const Place& place);

// Finds the contender on the stage, or brings it there.
template <class Contender>
using Bring = std::function<Contender&()>;

Row select_row(std::string_view what, const Question& question, const Bring<Selecting>& bring);
Row pair_row(std::string_view what, const Question& question, const Bring<Leasing>& bring);

}  // namespace pharox::bench
