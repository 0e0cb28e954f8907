#include "engine/plan_cache.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <utility>

#include "engine/filter_key.h"
#include "engine/pool_index.h"

namespace pharox::engine {
namespace {

constexpr PlanCache::Planes plane_bit(PlanCache::Plane plane) {
  return PlanCache::Planes{1} << plane;
}

[[noreturn]] const Proxy& no_proxy() {
  assert(!"a cached filter asked a predicate");
  std::abort();
}

}  // namespace

std::uint8_t PlanCache::asks(std::size_t hash) const {
  return std::min(sketch_[hash % sketch_.size()], sketch_[(hash >> 32) % sketch_.size()]);
}

void PlanCache::count_ask(std::size_t hash) {
  const auto raise = [](std::uint8_t& count) {
    if (count < std::numeric_limits<std::uint8_t>::max()) ++count;
  };
  raise(sketch_[hash % sketch_.size()]);
  raise(sketch_[(hash >> 32) % sketch_.size()]);
  if (--asks_until_decay_ > 0) return;
  asks_until_decay_ = 16 * static_cast<std::uint32_t>(sketch_.size());
  for (std::uint8_t& count : sketch_) count /= 2;
}

std::optional<PlanCache::Plane> PlanCache::find(const ProxyFilters& conditions, std::size_t hash) {
  count_ask(hash);
  for (Plane plane = 1; plane < entries_.size(); ++plane) {
    if (hashes_[plane] != hash || !entries_[plane]) continue;
    if (same_conditions(entries_[plane]->conditions, conditions)) return found_last_ = plane;
  }
  return std::nullopt;
}

std::optional<PlanCache::Plane> PlanCache::find_again(const ProxyFilters& conditions) {
  const auto& entry = entries_[found_last_];
  if (!entry || !same_conditions(entry->conditions, conditions)) return std::nullopt;
  count_ask(hashes_[found_last_]);
  return found_last_;
}

PlanCache::Plane PlanCache::next_plane() const {
  Plane least = 1;
  for (Plane plane = 1; plane < entries_.size(); ++plane) {
    if (!entries_[plane]) return plane;
    if (asks(hashes_[plane]) < asks(hashes_[least])) least = plane;
  }
  return least;
}

bool PlanCache::worth_a_plane(std::size_t hash) const {
  const std::uint8_t asked = asks(hash);
  if (asked < 2) return false;
  const Plane plane = next_plane();
  return !entries_[plane] || asked > asks(hashes_[plane]) + 2;
}

void PlanCache::assign(Plane plane, const ProxyFilters& conditions, std::size_t hash,
                       Roaring matching, const PoolIndex& pool) {
  used_ |= plane_bit(plane);
  entries_[plane] = std::make_unique<Entry>(
      Entry{conditions, std::move(matching), pool.dictionaries(), std::nullopt});
  hashes_[plane] = hash;
  entries_[plane]->plan.emplace(entries_[plane]->conditions, pool);
}

PlanCache::Planes PlanCache::add(Ordinal ordinal, const ProxyRow& row, std::uint64_t dictionaries,
                                 const PoolIndex& pool) {
  Planes planes = 0;
  for (Planes left = used_; left != 0; left &= left - 1) {
    const auto plane = static_cast<Plane>(std::countr_zero(left));
    const auto& entry = entries_[plane];
    if (std::exchange(entry->dictionaries, dictionaries) != dictionaries) {
      entry->plan.emplace(entry->conditions, pool);
    }
    if (!entry->plan->admits(row, no_proxy)) continue;
    entry->matching.add(ordinal);
    planes |= plane_bit(plane);
  }
  return planes;
}

void PlanCache::remove(Ordinal ordinal, Planes planes) {
  for (planes &= ~Planes{1}; planes != 0; planes &= planes - 1) {
    entries_[static_cast<Plane>(std::countr_zero(planes))]->matching.remove(ordinal);
  }
}

}  // namespace pharox::engine
