#include "tests/property/paired_pool.h"

#include "tests/fixtures/records.h"
#include "tests/model/generator.h"

namespace pharox::tests {
namespace {

using engine::Ordinal;
using engine::PoolIndex;

std::string described(const ProxyFilters& filters, SelectorStrategy selector, const Uuid& cursor) {
  return std::string(to_string(selector)) + " behind " + cursor.to_string() + ", " +
         to_text(filters);
}

std::optional<Uuid> chosen_by(PoolIndex& index, const ProxyFilters& filters,
                              SelectorStrategy selector, const Uuid& cursor, const Uuid& pool_id) {
  const auto chosen = index.choose(filters, selector, cursor, pool_id);
  return chosen ? std::optional(index.row(*chosen).id) : std::nullopt;
}

std::string text_of(const std::optional<Uuid>& id) { return id ? id->to_string() : "none"; }

std::vector<Uuid> listed(const PoolIndex& index) {
  std::vector<Uuid> ids;
  for (const Ordinal ordinal : index.list({}, index.size() + 1)) {
    ids.push_back(index.row(ordinal).id);
  }
  return ids;
}

}  // namespace

PairedPool::PairedPool(std::uint64_t seed, std::size_t proxies)
    : target_(proxies), pool_id_(id_of(100)), random_(seed, proxies) {
  while (naive_.proxies().size() < target_) insert();
}

Uuid PairedPool::any_id() { return naive_.proxies()[random_.below(naive_.proxies().size())].id; }

// -- Changes --------------------------------------------------------------------------------------

void PairedPool::change() {
  const std::size_t size = naive_.proxies().size();
  const std::uint64_t action = random_.below(100);
  if (size == 0 || (action < 10 && size < target_ + target_ / 4)) return insert();
  if (action < 20) return erase();
  if (action < 35) return replace();
  if (action < 60) return apply_health();
  if (action < 61 && random_.one_in(10)) return insert_many();
  if (action < 62 && random_.one_in(5)) return move_occupancy();
  if (action < 62 && random_.one_in(12)) return drain_and_refill();
  if (action < 64) return move_cursor();
  set_some_leases();
}

void PairedPool::insert() {
  const Proxy proxy = random_.proxy(pool_id_);
  ordinals_[proxy.id] = index_.insert(proxy, 0);
  naive_.insert(proxy);
}

void PairedPool::replace() {
  Proxy& old = naive_.proxy(any_id());
  Proxy proxy = random_.proxy(pool_id_);
  proxy.id = old.id;
  proxy.current_leases = old.current_leases;
  index_.replace(ordinals_.at(proxy.id), proxy);
  old = proxy;
}

void PairedPool::erase() {
  const Uuid id = any_id();
  index_.erase(ordinals_.at(id));
  ordinals_.erase(id);
  naive_.erase(id);
}

void PairedPool::apply_health() {
  Proxy& proxy = naive_.proxy(any_id());
  proxy.status = random_.status();
  if (!random_.one_in(4)) proxy.checked_at = random_.checked_at();
  index_.set_health(ordinals_.at(proxy.id), proxy.status, proxy.checked_at);
}

void PairedPool::set_leases(const Uuid& id, std::uint32_t leases) {
  index_.set_leases(ordinals_.at(id), leases);
  naive_.proxy(id).current_leases = leases;
}

void PairedPool::set_some_leases() {
  set_leases(any_id(), static_cast<std::uint32_t>(random_.below(4)));
}

// All free, half of them at their limit, all but one in a thousand, or all.
void PairedPool::move_occupancy() {
  constexpr std::array<std::uint64_t, 4> kPerMille{0, 500, 999, 1000};
  const std::uint64_t busy = kPerMille[random_.below(kPerMille.size())];
  for (const Proxy& proxy : std::vector(naive_.proxies())) {
    set_leases(proxy.id, random_.below(1000) < busy ? proxy.max_concurrency.value_or(1) : 0);
  }
}

// As a bulk does: in it, some proxies are there already.
void PairedPool::insert_many() {
  index_.suspend_orders();
  for (int i = 0; i < 20; ++i) {
    random_.one_in(4) ? replace() : insert();
    if (random_.one_in(4)) set_some_leases();
  }
  index_.resume_orders();
}

// The orders become small, or empty, and grow again.
void PairedPool::drain_and_refill() {
  const std::uint64_t left = random_.one_in(3) ? 0 : random_.below(target_);
  while (naive_.proxies().size() > left) erase();
  while (naive_.proxies().size() < target_) insert();
}

void PairedPool::move_cursor() {
  cursor_ = random_.one_in(3) ? Uuid{} : random_.one_in(2) ? any_id() : random_.id();
}

// -- Questions ------------------------------------------------------------------------------------

std::optional<std::string> PairedPool::ask() {
  const ProxyFilters filters = random_.filters(naive_.proxies());
  const SelectorStrategy selector = random_.selector();
  const Proxy* const expected = naive_.choose(filters, selector, cursor_);
  const auto chosen = index_.choose(filters, selector, cursor_, pool_id_);
  const auto chosen_id = chosen ? std::optional(index_.row(*chosen).id) : std::nullopt;
  const auto expected_id = expected ? std::optional(expected->id) : std::nullopt;
  if (chosen_id != expected_id) {
    return described(filters, selector, cursor_) + ": chose " + text_of(chosen_id) +
           " instead of " + text_of(expected_id);
  }
  if (chosen && index_.proxy(*chosen, pool_id_) != *expected) {
    return "the record of " + text_of(chosen_id) + " is not what was put in";
  }
  if (chosen && selector == SelectorStrategy::round_robin) cursor_ = expected->id;
  return std::nullopt;
}

std::optional<std::string> PairedPool::check(int questions) {
  if (auto violated = index_.validate()) return violated;
  if (index_.stats() != naive_.stats()) return "the statistics are not those of the list";
  return compare_with_rebuilt(questions);
}

std::optional<std::string> PairedPool::compare_with_rebuilt(int questions) {
  PoolIndex rebuilt;
  const bool at_once = random_.one_in(2);
  if (at_once) rebuilt.suspend_orders();
  for (const auto& [id, ordinal] : ordinals_) {
    rebuilt.insert(index_.proxy(ordinal, pool_id_), index_.row(ordinal).leases);
  }
  if (at_once) rebuilt.resume_orders();
  if (auto violated = rebuilt.validate()) return "rebuilt: " + *violated;
  if (rebuilt.stats() != index_.stats()) return "rebuilt, the statistics differ";
  if (listed(rebuilt) != listed(index_)) return "rebuilt, the list differs";
  for (; questions > 0; --questions) {
    const ProxyFilters filters = random_.filters(naive_.proxies());
    const SelectorStrategy selector = random_.selector();
    const auto kept = chosen_by(index_, filters, selector, cursor_, pool_id_);
    const auto anew = chosen_by(rebuilt, filters, selector, cursor_, pool_id_);
    if (kept != anew) {
      return described(filters, selector, cursor_) + ": chose " + text_of(kept) + ", and rebuilt " +
             text_of(anew);
    }
  }
  return std::nullopt;
}

}  // namespace pharox::tests
