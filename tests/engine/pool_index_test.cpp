#include "engine/pool_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace pharox::engine {
namespace {

using Random = std::mt19937_64;

Timestamp at(int seconds) { return Timestamp{std::chrono::seconds{1'700'000'000 + seconds}}; }

std::optional<std::string> pick(Random& random, const char* prefix, int values) {
  if (random() % 8 == 0) return std::nullopt;
  return prefix + std::to_string(random() % values);
}

Proxy random_proxy(Random& random) {
  UuidGenerator ids(random());
  Proxy proxy{.id = ids.v4(), .host = "192.0.2.1", .port = 8080, .checked_at = at(random() % 50)};
  proxy.status = random() % 5 ? ProxyStatus::active : ProxyStatus::slow;
  proxy.country = pick(random, "C", 4);
  proxy.source = pick(random, "S", 3);
  proxy.city = pick(random, "T", 10);
  proxy.isp = pick(random, "I", 5);
  if (random() % 4) proxy.asn = random() % 4;
  if (random() % 4) {
    proxy.latitude = static_cast<double>(random() % 180'000) / 1000 - 90;
    proxy.longitude = static_cast<double>(random() % 360'000) / 1000 - 180;
  }
  if (random() % 2) proxy.max_concurrency = 1 + random() % 3;
  return proxy;
}

ProxyFilters random_filters(Random& random, int depth) {
  ProxyFilters filters;
  if (random() % 3 == 0) filters.country = pick(random, "C", 5);
  if (random() % 5 == 0) filters.source = pick(random, "S", 3);
  if (random() % 8 == 0) filters.isp = pick(random, "I", 5);
  if (random() % 8 == 0) filters.asn = random() % 5;
  if (random() % 5 == 0) {
    filters.latitude = static_cast<double>(random() % 180) - 90;
    filters.longitude = static_cast<double>(random() % 360) - 180;
    if (random() % 4) filters.radius_km = 1 + random() % 12'000;
  }
  if (random() % 10 == 0) {
    const auto bit = random() % 3;
    filters.predicate = [bit](const Proxy& proxy) { return (proxy.id.bytes[3] >> bit & 1) != 0; };
  }
  if (depth == 0) return filters;
  for (auto* clauses : {&filters.all_of, &filters.any_of, &filters.none_of}) {
    if (random() % 4) continue;
    for (auto i = random() % 3 + 1; i > 0; --i) {
      clauses->push_back(random_filters(random, depth - 1));
    }
  }
  return filters;
}

// The contract's section 4, word by word, by looking at every proxy.
std::optional<Uuid> brute_force(const std::unordered_map<Uuid, Proxy>& proxies,
                                const ProxyFilters& filters, SelectorStrategy selector,
                                const Uuid& after) {
  std::vector<const Proxy*> found;
  for (const auto& [id, proxy] : proxies) {
    const bool below = !proxy.max_concurrency || proxy.current_leases < *proxy.max_concurrency;
    if (proxy.status == ProxyStatus::active && below && matches(filters, proxy)) {
      found.push_back(&proxy);
    }
  }
  if (found.empty()) return std::nullopt;
  const auto before = [&](const Proxy* a, const Proxy* b) {
    switch (selector) {
      case SelectorStrategy::first_available:
        return std::tuple(b->checked_at, a->id) < std::tuple(a->checked_at, b->id);
      case SelectorStrategy::least_used:
        return std::tuple(a->current_leases, a->checked_at, a->id) <
               std::tuple(b->current_leases, b->checked_at, b->id);
      case SelectorStrategy::round_robin:
        break;
    }
    return std::tuple(a->id <= after, a->id) < std::tuple(b->id <= after, b->id);
  };
  return (*std::ranges::min_element(found, before))->id;
}

TEST(PoolIndex, ChoiceEqualsBruteForceUnderRandomOperations) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  PoolIndex index;
  const Uuid pool_id = Uuid::random();
  std::unordered_map<Uuid, Proxy> proxies;
  std::unordered_map<Uuid, Ordinal> ordinals;
  const auto any = [&] {
    return std::next(proxies.begin(), static_cast<long>(random() % proxies.size()))->first;
  };
  Uuid cursor;
  // Most queries come again and so get planes; others never do.
  std::vector<ProxyFilters> usual(100);
  for (auto& filters : usual) filters = random_filters(random, 2);
  for (int step = 0; step < 60'000; ++step) {
    const auto action = random() % 10;
    if (proxies.empty() || (action == 0 && proxies.size() < 300)) {
      Proxy proxy = random_proxy(random);
      proxy.pool_id = pool_id;
      ordinals[proxy.id] = index.insert(proxy, 0);
      proxies[proxy.id] = proxy;
    } else if (action == 1) {
      const Uuid id = any();
      Proxy proxy = random_proxy(random);
      proxy.id = id;
      proxy.pool_id = pool_id;
      proxy.current_leases = proxies[id].current_leases;
      index.replace(ordinals[id], proxy);
      proxies[id] = proxy;
    } else if (action == 2 && random() % 3 == 0) {
      const Uuid id = any();
      index.erase(ordinals[id]);
      proxies.erase(id);
      ordinals.erase(id);
    } else if (action == 3 && random() % 500 == 0) {
      index.suspend_orders();
      for (int i = 0; i < 20; ++i) {
        Proxy proxy = random_proxy(random);
        proxy.pool_id = pool_id;
        ordinals[proxy.id] = index.insert(proxy, 0);
        proxies[proxy.id] = proxy;
      }
      index.resume_orders();
    } else if (action == 3) {
      const Uuid id = any();
      Proxy& proxy = proxies[id];
      proxy.status = random() % 4 ? ProxyStatus::active : ProxyStatus::banned;
      proxy.checked_at = at(random() % 60);
      index.set_health(ordinals[id], proxy.status, proxy.checked_at);
    } else if (action < 7) {
      const Uuid id = any();
      proxies[id].current_leases = random() % 4;
      index.set_leases(ordinals[id], proxies[id].current_leases);
    } else {
      const ProxyFilters filters =
          random() % 4 ? usual[random() % usual.size()] : random_filters(random, 2);
      const auto selector = static_cast<SelectorStrategy>(random() % 3);
      const auto expected = brute_force(proxies, filters, selector, cursor);
      const auto chosen = index.choose(filters, selector, cursor, pool_id);
      ASSERT_EQ(chosen.has_value(), expected.has_value()) << "step " << step;
      if (chosen) {
        ASSERT_EQ(index.row(*chosen).id, *expected) << "step " << step;
        ASSERT_EQ(index.proxy(*chosen, pool_id), proxies[*expected]) << "step " << step;
        if (selector == SelectorStrategy::round_robin) cursor = *expected;
      }
    }
    if (step % 64 == 0) {
      ASSERT_EQ(index.validate(), std::nullopt) << "step " << step;
    }
  }
}

// Many candidates at the far end of the order: the walk and the sorted way must agree.
TEST(PoolIndex, WalkAndSortGiveTheSameChoice) {
  PoolIndex index;
  const Uuid pool_id = Uuid::random();
  std::unordered_map<Uuid, Proxy> proxies;
  for (int i = 0; i < 3000; ++i) {
    Proxy proxy{.host = "192.0.2.1", .port = 1, .status = ProxyStatus::active, .checked_at = at(i)};
    proxy.country = i < 1000 ? "late" : "early";
    if (i < 20) proxy.city = "few";
    index.insert(proxy, 0);
    proxies[proxy.id] = proxy;
  }
  for (const auto selector : {SelectorStrategy::first_available, SelectorStrategy::least_used,
                              SelectorStrategy::round_robin}) {
    for (const ProxyFilters& filters :
         {ProxyFilters{.country = "late"}, ProxyFilters{.country = "early"},
          ProxyFilters{.city = "few"}, ProxyFilters{}}) {
      const Uuid cursor = Uuid::random();
      const auto chosen = index.choose(filters, selector, cursor, pool_id);
      ASSERT_TRUE(chosen);
      EXPECT_EQ(index.row(*chosen).id, brute_force(proxies, filters, selector, cursor));
    }
  }
}

}  // namespace
}  // namespace pharox::engine
