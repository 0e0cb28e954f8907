#include "bench/grid.h"

#include "bench/latencies.h"

namespace pharox::bench {

std::string Question::name(std::string_view what) const {
  return std::string(what) + "/" + std::string(to_string(selector)) + "/" +
         std::string(filter.name) + "/" + std::string(to_string(place.occupancy)) + "/" +
         std::to_string(place.proxies);
}

std::string Question::key(std::string_view contender) const {
  return std::string(contender) + "/" + std::string(to_string(place.occupancy)) + "/" +
         std::to_string(place.proxies);
}

std::vector<Question> questions_at(const Place& place) {
  std::vector<Question> questions;
  for (const SelectorStrategy selector : kSelectors) {
    for (const FilterCase& filter : filter_cases()) questions.push_back({selector, filter, place});
  }
  return questions;
}

Row select_row(std::string_view what, const Question& question, const Bring<Selecting>& bring) {
  auto measurement = std::make_shared<OperationMeasurement>();
  return {question.name(what), [=](benchmark::State& state) {
            Selecting& asked = bring();
            asked.prepare(question.filter.filters(question.selector), question.selector);
            bool hit = false;
            measurement->run(state, [&] { hit = asked.select().has_value(); });
            state.counters["hit"] = hit;
          }};
}

Row pair_row(std::string_view what, const Question& question, const Bring<Leasing>& bring) {
  auto measurement = std::make_shared<OperationMeasurement>();
  return {question.name(what), [=](benchmark::State& state) {
            Leasing& asked = bring();
            asked.prepare(question.filter.filters(question.selector), question.selector);
            bool hit = false;
            measurement->run(state, [&] { hit = asked.lease_and_release(); });
            state.counters["hit"] = hit;
          }};
}

}  // namespace pharox::bench
