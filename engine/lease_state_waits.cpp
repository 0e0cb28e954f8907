// Batches, and callers that wait for a proxy: LeaseState's part of it.
#include <algorithm>
#include <utility>

#include "engine/lease_state.h"
#include "pharox/errors.h"

namespace pharox::engine {
namespace {

// So few offers are looked at one by one; with more, the index is asked.
constexpr std::size_t kFewOffers = 8;

// Counts chosen proxies as leased while more are chosen, and takes it back: a predicate that throws
// leaves nothing behind.
class TentativeLeases {
 public:
  TentativeLeases(PoolIndex& index, bool distinct) : index_(index), distinct_(distinct) {}
  TentativeLeases(const TentativeLeases&) = delete;
  TentativeLeases& operator=(const TentativeLeases&) = delete;
  ~TentativeLeases() {
    for (const Ordinal ordinal : hidden_) set_status(ordinal, ProxyStatus::active);
    for (const Ordinal ordinal : chosen_) {
      index_.set_leases(ordinal, index_.row(ordinal).leases - 1);
    }
  }

  void add(Ordinal ordinal) {
    chosen_.push_back(ordinal);
    index_.set_leases(ordinal, index_.row(ordinal).leases + 1);
    if (!distinct_ || !index_.row(ordinal).available()) return;
    hidden_.push_back(ordinal);
    set_status(ordinal, ProxyStatus::inactive);
  }
  const std::vector<Ordinal>& chosen() const { return chosen_; }

 private:
  void set_status(Ordinal ordinal, ProxyStatus status) {
    index_.set_health(ordinal, status, index_.row(ordinal).checked_at);
  }

  PoolIndex& index_;
  const bool distinct_;
  std::vector<Ordinal> chosen_;
  std::vector<Ordinal> hidden_;
};

}  // namespace

// -- Batches ------------------------------------------------------------------------------------

std::vector<Lease> LeaseState::acquire_many(const AcquireRequest& request,
                                            std::string_view consumer_name, std::size_t count,
                                            const Moment& now, ChangeList& changes) {
  check_duration(request.duration, now);
  pharox::validate(filters_of(request));
  check_batch(count);
  const Uuid consumer_id = existing_consumer(consumer_name);
  PoolState* const pool = find_pool(request.pool_name);
  std::vector<Ordinal> chosen;
  for (bool more_due = true; more_due && chosen.size() < count;) {
    more_due = reclaim(now, kReclaimBatch + count, changes).more_due;
    serve_queues(now, changes);  // whoever waits was first
    if (pool == nullptr) return {};
    chosen = choose_many(*pool, filters_of(request), request.selector, count, request.distinct);
  }
  return lease_all(*pool, request.selector, chosen, consumer_id, request.duration, now, changes);
}

// Nothing is leased before all are chosen, because a predicate may throw.
std::vector<Ordinal> LeaseState::choose_many(PoolState& pool, const ProxyFilters& filters,
                                             SelectorStrategy selector, std::size_t count,
                                             bool distinct) {
  TentativeLeases tentative(pool.index, distinct);
  Uuid cursor = pool.cursor;
  while (tentative.chosen().size() < count) {
    const auto next = pool.index.choose(filters, selector, cursor, pool.row.id);
    if (!next) break;
    cursor = pool.index.row(*next).id;
    tentative.add(*next);
  }
  return tentative.chosen();
}

std::vector<Lease> LeaseState::lease_all(PoolState& pool, SelectorStrategy selector,
                                         const std::vector<Ordinal>& chosen,
                                         const Uuid& consumer_id, Duration duration,
                                         const Moment& now, ChangeList& changes) {
  std::vector<Lease> leases;
  leases.reserve(chosen.size());
  for (const Ordinal ordinal : chosen) {
    leases.push_back(lease_chosen(pool, selector, ordinal, consumer_id, duration, now, changes));
  }
  return leases;
}

// -- Waiting ------------------------------------------------------------------------------------

std::optional<WaitId> LeaseState::enqueue(const AcquireRequest& request,
                                          std::string_view consumer_name, std::size_t count,
                                          const Moment& now) {
  const Uuid consumer_id = existing_consumer(consumer_name);
  PoolState* const pool = find_pool(request.pool_name);
  if (pool == nullptr) return std::nullopt;
  const bool forever = request.wait_for > Duration::max() - now.since_boot;
  const Waiting waiting{.consumer_id = consumer_id,
                        .duration = request.duration,
                        .count = count,
                        .distinct = request.distinct,
                        .since = now.since_boot,
                        .deadline = forever ? Duration::max() : now.since_boot + request.wait_for};
  const WaitId id = next_wait_++;
  pool->queue.add(id, filters_of(request), request.selector, waiting);
  waits_.emplace(id, pool);
  deadlines_.emplace(waiting.deadline, id);
  return id;
}

void LeaseState::withdraw(WaitId id, const Moment& now) {
  PoolState& pool = *waits_.at(id);
  leave_queue(pool, *pool.queue.remove(id), id, now);
}

void LeaseState::offer(PoolState& pool, Ordinal ordinal) {
  if (pool.queue.empty() || !pool.index.row(ordinal).available()) return;
  if (pool.offers.empty()) offering_.push_back(&pool);
  if (pool.offers.size() < kFewOffers) {
    pool.offers.push_back(ordinal);
  } else {
    pool.many_offers = true;
  }
}

void LeaseState::serve_queues(const Moment& now, ChangeList& changes) {
  for (PoolState* pool : std::exchange(offering_, {})) serve_queue(*pool, now, changes);
}

void LeaseState::serve_queue(PoolState& pool, const Moment& now, ChangeList& changes) {
  const std::vector<Ordinal> offers = std::exchange(pool.offers, {});
  const bool many = std::exchange(pool.many_offers, false);
  std::map<WaitId, std::exception_ptr> refused;  // whose predicate threw
  const auto guarded = [&](WaitId id, auto&& call) -> decltype(call()) {
    try {
      return call();
    } catch (...) {
      refused.emplace(id, std::current_exception());
      return {};
    }
  };
  const auto pick = [&](const WaitQueue::Line& line) {
    return guarded(line.waiting.begin()->first, [&] {
      return many ? pool.index.choose(line.filters, line.selector, pool.cursor, pool.row.id)
                  : pool.index.choose_among(offers, line.filters, line.selector, pool.cursor,
                                            pool.row.id);
    });
  };
  const auto serve = [&](const WaitQueue::Line& line, WaitId id, const Waiting& waiting,
                         Ordinal chosen) {
    std::vector<Ordinal> taken{chosen};
    if (waiting.count > 1) {
      taken = guarded(id, [&] {
        return choose_many(pool, line.filters, line.selector, waiting.count, waiting.distinct);
      });
    }
    WaitOutcome outcome{.id = id};
    if (const auto error = refused.extract(id)) {
      outcome.error = error.mapped();
    } else {
      // The wall clock may have been set meanwhile.
      const Duration duration = std::min(waiting.duration, kMaxTimestamp - now.wall);
      outcome.leases =
          lease_all(pool, line.selector, taken, waiting.consumer_id, duration, now, changes);
    }
    end_wait(pool, waiting, std::move(outcome), now);
    return taken;
  };
  pool.queue.serve(pick, serve);
  for (const auto& [id, error] : refused) {
    end_wait(pool, *pool.queue.remove(id), {.id = id, .error = error}, now);
  }
}

void LeaseState::end_wait(PoolState& pool, const Waiting& waiting, WaitOutcome outcome,
                          const Moment& now) {
  leave_queue(pool, waiting, outcome.id, now);
  ended_waits_.push_back(std::move(outcome));
}

void LeaseState::leave_queue(PoolState& pool, const Waiting& waiting, WaitId id,
                             const Moment& now) {
  ++pool.ended_waits;
  pool.wait_time += std::max(now.since_boot - waiting.since, Duration{0});
  waits_.erase(id);
  deadlines_.erase({waiting.deadline, id});
}

void LeaseState::drop_queue(PoolState& pool, const Moment& now) {
  std::map<WaitId, Waiting> all;
  for (const WaitQueue::Line& line : pool.queue.lines()) {
    all.insert(line.waiting.begin(), line.waiting.end());
  }
  for (const auto& [id, waiting] : all) end_wait(pool, waiting, {.id = id}, now);
  std::erase(offering_, &pool);
}

std::vector<WaitOutcome> LeaseState::take_ended_waits(const Moment& now, ChangeList& changes) {
  serve_queues(now, changes);
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.since_boot) {
    const WaitId id = deadlines_.begin()->second;
    PoolState& pool = *waits_.at(id);
    end_wait(pool, *pool.queue.remove(id), {.id = id}, now);
  }
  return std::exchange(ended_waits_, {});
}

std::vector<WaitId> LeaseState::waiting() const {
  std::vector<WaitId> ids;
  for (const auto& [id, pool] : waits_) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

std::optional<std::string> LeaseState::validate_queues() const {
  std::size_t waits = 0;
  for (const auto& [id, pool] : pools_) {
    waits += pool->queue.size();
    std::size_t in_lines = 0;
    for (const WaitQueue::Line& line : pool->queue.lines()) {
      in_lines += line.waiting.size();
      if (line.waiting.empty()) return "an empty line in the queue of " + pool->row.name;
      for (const auto& [wait, waiting] : line.waiting) {
        const auto found = waits_.find(wait);
        if (found == waits_.end() || found->second != pool.get() ||
            !deadlines_.contains({waiting.deadline, wait})) {
          return "somebody waits in " + pool->row.name + " whom nobody would find";
        }
      }
      if (line.asks_predicate) continue;
      for (const Ordinal ordinal : pool->index.list(Uuid{}, Page{}.limit)) {
        const ProxyRow& row = pool->index.row(ordinal);
        if (row.available() && matches(line.filters, pool->index.proxy(ordinal, pool->row.id))) {
          return "proxy " + row.id.to_string() + " is available to somebody who waits";
        }
      }
    }
    if (in_lines != pool->queue.size()) return "waiters of " + pool->row.name + " are miscounted";
    if (!pool->offers.empty() || pool->many_offers) return "offers that nobody was made";
  }
  if (waits != waits_.size() || waits != deadlines_.size()) return "waits are not the queues";
  return std::nullopt;
}

}  // namespace pharox::engine
