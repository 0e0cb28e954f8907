// Those who wait for a proxy of one pool: first come, first served among those who could use the
// same one.
//
// Whoever asks for the same (conditions and selector) stands in one line, so that what one
// operation makes available is looked at once a line, however many wait:
//
// 1. Operations report the proxies that they made available or changed: the offers. Nothing else
//    can match anybody who waits, because of the invariant: no available proxy matches a waiter.
// 2. Each line picks the first of the offers in its selector's order that it can use.
// 3. Of the lines that have a pick, the one whose first waiter came first gets it, and picks again.
//    So it goes on until no line has a pick.
//
// A predicate cannot be compared, so each waiter with one has a line of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "engine/filter_key.h"
#include "engine/proxy_row.h"
#include "pharox/acquire_request.h"
#include "pharox/uuid.h"

namespace pharox::engine {

// In the order of arrival, over all pools.
using WaitId = std::uint64_t;

struct Waiting {
  Uuid consumer_id;
  Duration duration{};
  std::size_t count = 1;  // of leases, at most
  bool distinct = true;   // no two of the same proxy
  Duration since{};       // on the boot clock
  Duration deadline{};    // on the boot clock
};

// Not thread-safe.
class WaitQueue {
 public:
  struct Line {
    ProxyFilters filters;
    SelectorStrategy selector;
    bool asks_predicate;
    std::map<WaitId, Waiting> waiting{};
    // While the queue is served: the pick, once it was looked for.
    std::optional<std::optional<Ordinal>> pick = std::nullopt;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  const std::list<Line>& lines() const { return lines_; }

  void add(WaitId id, const ProxyFilters& filters, SelectorStrategy selector,
           const Waiting& waiting);
  std::optional<Waiting> remove(WaitId id);

  // Calls serve(line, id, waiting, pick) for each that gets something, in the order of the
  // algorithm above, which says what it took; `pick(line)` finds a line's pick. Whoever is served
  // is out of the queue before. Neither may throw.
  template <class Pick, class Serve>
  void serve(const Pick& pick, const Serve& serve) {
    for (Line& line : lines_) line.pick.reset();
    while (const auto next = first_with_a_pick(pick)) {
      const auto line = *next;
      const Ordinal chosen = **line->pick;
      const auto first = line->waiting.begin();
      const auto [id, waiting] = *first;
      line->waiting.erase(first);
      --size_;
      const std::vector<Ordinal> taken = serve(*line, id, waiting, chosen);
      // What was taken is no longer as it was; round robin has moved on for all.
      for (Line& each : lines_) {
        if (!each.pick || !*each.pick) continue;
        if (each.selector == SelectorStrategy::round_robin ||
            std::ranges::find(taken, **each.pick) != taken.end()) {
          each.pick.reset();
        }
      }
      if (line->waiting.empty()) lines_.erase(line);
    }
  }

 private:
  using Place = std::list<Line>::iterator;

  template <class Pick>
  std::optional<Place> first_with_a_pick(const Pick& pick) {
    std::optional<Place> first;
    for (Place line = lines_.begin(); line != lines_.end(); ++line) {
      if (!line->pick) line->pick = pick(*line);
      if (!*line->pick) continue;
      if (!first || line->waiting.begin()->first < (*first)->waiting.begin()->first) first = line;
    }
    return first;
  }

  std::list<Line> lines_;
  std::size_t size_ = 0;
};

}  // namespace pharox::engine
