#include "tests/faults/contents.h"

#include <algorithm>

#include "format/json_text.h"

namespace pharox::tests {
namespace {

// What round robin would choose: the first proxy that a predicate is asked about. It refuses them
// all, so the cursor stays where it is.
std::optional<Uuid> next_in_turn(LeaseStorage& storage, const std::string& pool_name) {
  std::optional<Uuid> first;
  ProxyFilters filters;
  filters.predicate = [&](const Proxy& proxy) {
    if (!first) first = proxy.id;
    return false;
  };
  storage.find_available_proxy(pool_name, filters, SelectorStrategy::round_robin);
  return first;
}

bool is_due(LeaseStorage& storage, const Contents& contents) {
  if (contents.pools.empty()) return false;
  const Timestamp now = storage.get_pool_stats(contents.pools.front().name)->collected_at;
  return std::any_of(contents.leases.begin(), contents.leases.end(),
                     [&](const Lease& lease) { return lease.expires_at <= now; });
}

template <class Record>
std::string difference_of(const char* what, const std::vector<Record>& found,
                          const std::vector<Record>& expected) {
  if (found == expected) return {};
  for (std::size_t i = 0; i < found.size() && i < expected.size(); ++i) {
    if (found[i] == expected[i]) continue;
    return std::string(what) + ": " + format::to_json(found[i]).dump() + " instead of " +
           format::to_json(expected[i]).dump();
  }
  return std::to_string(found.size()) + " " + what + " instead of " +
         std::to_string(expected.size());
}

}  // namespace

bool operator==(const Contents& a, const Contents& b) {
  return a.pools == b.pools && a.consumers == b.consumers && a.proxies == b.proxies &&
         a.leases == b.leases && a.health == b.health &&
         (!a.next_in_turn || !b.next_in_turn || a.next_in_turn == b.next_in_turn);
}

Contents contents_in_memory(LeaseStorage& storage) {
  Contents contents;
  contents.pools = storage.list_pools();
  contents.consumers = storage.list_consumers();
  for (const ProxyPool& pool : contents.pools) {
    for (Proxy& proxy : storage.list_proxies(pool.name)) contents.proxies.push_back(proxy);
  }
  contents.leases = storage.list_leases({}, LeaseStatus::active);
  return contents;
}

Contents contents_of(LeaseStorage& storage) {
  Contents contents = contents_in_memory(storage);
  if (!is_due(storage, contents)) {
    auto& next = contents.next_in_turn.emplace();
    for (const ProxyPool& pool : contents.pools) {
      if (const auto proxy_id = next_in_turn(storage, pool.name)) next[pool.id] = *proxy_id;
    }
  }
  contents.leases = storage.list_leases();
  for (const Proxy& proxy : contents.proxies) {
    if (auto result = storage.get_last_health_result(proxy.id)) contents.health[proxy.id] = *result;
  }
  return contents;
}

std::string difference(const Contents& found, const Contents& expected) {
  if (auto text = difference_of("pools", found.pools, expected.pools); !text.empty()) return text;
  if (auto text = difference_of("consumers", found.consumers, expected.consumers); !text.empty()) {
    return text;
  }
  if (found.proxies != expected.proxies) {
    if (found.proxies.size() != expected.proxies.size()) {
      return std::to_string(found.proxies.size()) + " proxies instead of " +
             std::to_string(expected.proxies.size());
    }
    return "proxies that are not the same";
  }
  if (auto text = difference_of("leases", found.leases, expected.leases); !text.empty()) {
    return text;
  }
  if (found.health != expected.health) return "other health results";
  return found == expected ? "" : "other cursors";
}

}  // namespace pharox::tests
