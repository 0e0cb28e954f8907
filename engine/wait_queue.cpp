#include "engine/wait_queue.h"

namespace pharox::engine {

void WaitQueue::add(WaitId id, const ProxyFilters& filters, SelectorStrategy selector,
                    const Waiting& waiting) {
  const bool asks_predicate = has_predicate(filters);
  auto line = std::ranges::find_if(lines_, [&](const Line& each) {
    return !asks_predicate && !each.asks_predicate && each.selector == selector &&
           same_conditions(each.filters, filters);
  });
  if (line == lines_.end()) line = lines_.insert(line, {filters, selector, asks_predicate});
  line->waiting.emplace(id, waiting);
  ++size_;
}

std::optional<Waiting> WaitQueue::remove(WaitId id) {
  for (auto line = lines_.begin(); line != lines_.end(); ++line) {
    const auto found = line->waiting.find(id);
    if (found == line->waiting.end()) continue;
    const Waiting waiting = found->second;
    line->waiting.erase(found);
    if (line->waiting.empty()) lines_.erase(line);
    --size_;
    return waiting;
  }
  return std::nullopt;
}

}  // namespace pharox::engine
