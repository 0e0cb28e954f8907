// LeaseState: taking back the rows of a store, and checking what holds across structures.
#include <algorithm>
#include <future>
#include <utility>

#include "engine/lease_state.h"
#include "format/keys.h"
#include "pharox/errors.h"

namespace pharox::engine {
namespace {

using storage::kMaxTokenMark;

// Making room at once saves most of what memory costs that is touched for the first time. The hint
// may be wrong, so it is not followed beyond what a wrong one may cost.
constexpr std::size_t kMostExpected = std::size_t{1} << 21;

// So many leases take milliseconds to be resumed: as much as a hundred threads.
constexpr std::size_t kWorthAThread = 100'000;

std::string error_text(const std::string& record, const Uuid& id, const std::string& why) {
  return record + "/" + id.to_string() + ": " + why;
}

[[noreturn]] void contradiction(const std::string& record, const Uuid& id, const std::string& why) {
  throw CorruptionError(error_text(record, id, why));
}

}  // namespace

void LeaseState::restore_pool(ProxyPool pool) {
  if (find_pool(pool.name)) contradiction("pools", pool.id, "its name is taken by another pool");
  auto state = std::make_unique<PoolState>();
  state->row = std::move(pool);
  pools_by_name_.emplace(state->row.name, state.get());
  const Uuid id = state->row.id;
  pools_.emplace(id, std::move(state));
}

void LeaseState::restore_consumer(Consumer consumer) {
  if (consumers_by_name_.contains(consumer.name)) {
    contradiction("consumers", consumer.id, "its name is taken by another consumer");
  }
  consumers_by_name_.emplace(consumer.name, consumer.id);
  const Uuid id = consumer.id;
  consumers_.emplace(id, std::move(consumer));
}

void LeaseState::expect_proxies(std::size_t count) {
  count = std::min(count, kMostExpected);
  for (const auto& [id, pool] : pools_) pool->index.suspend_orders(count / pools_.size());
  proxies_.reserve(count);
}

void LeaseState::look_ahead(std::span<const Proxy> proxies) {
  for (const Proxy& proxy : proxies) proxies_.prefetch(proxy.id);
}

void LeaseState::restore_proxy(const Proxy& proxy) {
  PoolState* const pool = find_pool(proxy.pool_id);
  if (pool == nullptr) {
    contradiction("proxies", proxy.id, "its pool " + proxy.pool_id.to_string() + " is missing");
  }
  insert_proxy(proxy, *pool);
}

// These run beside restore_proxy(), perhaps: what they touch that does not.
void LeaseState::expect_leases(std::size_t count) {
  count = std::min(count, kMostExpected);
  leases_.reserve(count);
  wheel_.reserve(count);
}

void LeaseState::look_ahead(const Uuid& lease_id) { leases_.prefetch(lease_id); }

void LeaseState::restore_lease(const format::StoredLease& stored) {
  const Lease& lease = stored.lease;
  if (!consumers_.contains(lease.consumer_id)) {
    contradiction("leases", lease.id,
                  "its consumer " + lease.consumer_id.to_string() + " is missing");
  }
  if (lease.token >= kMaxTokenMark) {
    contradiction("leases", lease.id,
                  "its token " + std::to_string(lease.token) + " is out of range");
  }
  // A wall clock that was set back must not make ids that sort before those of the past.
  if (lease.id.version() == 7) ids_.observe(lease.id);
  next_token_ = std::max(next_token_, lease.token + 1);
  leases_.insert(stored);
}

void LeaseState::restore_cursor(const Uuid& pool_id, const Uuid& last_chosen) {
  PoolState* const pool = find_pool(pool_id);
  if (pool == nullptr) contradiction("meta/cursor", pool_id, "its pool is missing");
  pool->cursor = last_chosen;
}

void LeaseState::restore_token_mark(std::uint64_t mark) {
  if (mark == 0 || mark > kMaxTokenMark) {
    throw CorruptionError("meta/token_mark: " + std::to_string(mark) + " is out of range");
  }
  if (mark < next_token_) {
    throw CorruptionError("meta/token_mark: " + std::to_string(mark) +
                          " is not above the tokens of the active leases");
  }
  // Any token below the mark may have been handed out.
  next_token_ = token_mark_ = mark;
}

void LeaseState::restore_boot_anchor(const format::BootAnchor& anchor) { boot_anchor_ = anchor; }

void LeaseState::restore_last_lease(const Uuid& lease_id) {
  if (lease_id.version() == 7) ids_.observe(lease_id);
}

void LeaseState::finish_recovery(const storage::RecoveryErrorHandler& on_error) {
  for (const auto& [id, pool] : pools_) pool->index.begin_orders();
  attach_leases(on_error);
  if (next_token_ > token_mark_) {
    on_error(format::Table::meta, format::kTokenMarkKey,
             "meta/token_mark: missing, although there are leases with tokens up to " +
                 std::to_string(next_token_ - 1));
  }
}

void LeaseState::attach_leases(const storage::RecoveryErrorHandler& on_error) {
  constexpr std::size_t kAtOnce = 256;
  std::vector<LeaseSlot> slots;
  std::vector<Uuid> proxy_ids;
  for (LeaseSlot next = leases_.first_after(Uuid{}); next != kNoLease;) {
    slots.clear();
    proxy_ids.clear();
    for (; next != kNoLease && slots.size() < kAtOnce; next = leases_[next].next) {
      slots.push_back(next);
      proxy_ids.push_back(leases_[next].proxy_id);
    }
    const std::vector<ProxyPlace*> places = proxies_.find_all(proxy_ids);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (places[i] != nullptr) {
        leases_.attach(slots[i], *places[i]);
        PoolIndex& index = places[i]->pool->index;
        index.set_leases(places[i]->ordinal, index.row(places[i]->ordinal).leases + 1);
      } else {
        const Uuid id = leases_[slots[i]].id;
        leases_.erase(slots[i]);
        on_error(format::Table::leases, format::uuid_key(id),
                 error_text("leases", id, "its proxy " + proxy_ids[i].to_string() + " is missing"));
      }
    }
  }
}

void LeaseState::skip_tokens(std::uint64_t count, ChangeList& changes) {
  token_mark_ += std::min(count, kMaxTokenMark - token_mark_);
  next_token_ = token_mark_;
  changes.add<storage::PutTokenMark>(token_mark_);
}

void LeaseState::resume(ChangeList& changes) {
  const auto policy = leases_.size() >= kWorthAThread ? std::launch::async : std::launch::deferred;
  // Beside the orders, which read no leases.
  auto leases = std::async(policy, [&] { resume_leases(changes); });
  for (const auto& [id, pool] : pools_) pool->index.resume_orders();
  leases.get();
}

// Within the boot that granted a lease, its deadline stands, whatever has happened to the wall
// clock. In another boot only the wall clock knows how much time has passed: what is left is never
// more than what was granted. The wall clock may be set once more before the store is next opened
// in this boot; so the moment at which the two clocks were compared is kept.
void LeaseState::resume_leases(ChangeList& changes) {
  const auto anchor = [&]() -> const format::BootAnchor& {
    if (!boot_anchor_ || boot_anchor_->boot_id != boot_id_) {
      boot_anchor_ = {boot_id_, started_.wall, started_.since_boot};
      changes.add<storage::PutBootAnchor>(*boot_anchor_);
    }
    return *boot_anchor_;
  };
  for (LeaseSlot slot = leases_.first_after(Uuid{}); slot != kNoLease; slot = leases_[slot].next) {
    ActiveLease& lease = leases_[slot];
    if (lease.boot_id != boot_id_) {
      const Duration left =
          std::clamp(lease.expires_at - anchor().wall, Duration{0}, lease.duration);
      lease.deadline_since_boot = anchor().since_boot + left;
      lease.boot_id = boot_id_;
    }
    due_at_start_ += lease.deadline_since_boot <= started_.since_boot;
    schedule(slot);
  }
}

std::optional<std::string> LeaseState::validate() const {
  if (auto finding = wheel_.validate()) return finding;
  if (auto finding = leases_.validate()) return finding;
  if (wheel_.size() != leases_.size()) return "timers are not the active leases";
  if (pools_by_name_.size() != pools_.size()) return "pools by name are not the pools";
  if (consumers_by_name_.size() != consumers_.size())
    return "consumers by name are not those by id";

  std::size_t proxies = 0;
  std::size_t leases = 0;
  for (const auto& [id, pool] : pools_) {
    if (auto finding = pool->index.validate()) return pool->row.name + ": " + *finding;
    if (find_pool(pool->row.name) != pool.get()) return "pool not found by name: " + pool->row.name;
    proxies += pool->index.stats().total_proxies;
    leases += pool->index.stats().total_leases;
  }
  if (proxies != proxies_.size()) return "proxies by id are not those of the pools";
  if (leases != leases_.size()) return "counted leases are not the active leases";

  for (std::size_t number = 0; number < proxies_.places().size(); ++number) {
    const ProxyPlace& place = proxies_.places()[number];
    if (place.pool == nullptr) continue;
    const ProxyRow& row = place.pool->index.row(place.ordinal);
    if (proxies_.find(row.id) != &place || row.owner != number) {
      return "proxy " + row.id.to_string() + " is not where it should be";
    }
    std::uint32_t held = 0;
    for (LeaseSlot slot = place.first_lease; slot != kNoLease; ++held) {
      if (leases_[slot].proxy != &place) return "a lease on the list of another proxy";
      slot = leases_[slot].next_of_proxy;
    }
    if (held != row.leases)
      return "proxy " + row.id.to_string() + " counts leases it does not have";
  }
  for (LeaseSlot slot = leases_.first_after(Uuid{}); slot != kNoLease; slot = leases_[slot].next) {
    const ActiveLease& lease = leases_[slot];
    if (wheel_.deadline(lease.timer) !=
            static_cast<TimerWheel::Ticks>(lease.deadline_since_boot.count()) ||
        wheel_.payload(lease.timer) != (std::uint64_t{lease.generation} << 32 | slot)) {
      return "lease " + lease.id.to_string() + " and its timer disagree";
    }
    if (!consumers_.contains(lease.consumer_id)) {
      return "lease " + lease.id.to_string() + " has no consumer";
    }
    if (lease.token >= next_token_) return "lease " + lease.id.to_string() + " is ahead of tokens";
  }
  if (auto finding = validate_queues()) return finding;
  if (next_token_ > token_mark_) return "tokens were handed out beyond the reserved ones";
  return std::nullopt;
}

}  // namespace pharox::engine
