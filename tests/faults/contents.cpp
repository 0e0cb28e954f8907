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

format::Json json_of(const Proxy& proxy) {
  format::Json json = format::to_json(proxy, format::Secrets::show);
  json["current_leases"] = proxy.current_leases;
  return json;
}
template <class Record>
format::Json json_of(const Record& record) {
  return format::to_json(record);
}

std::string fields_unlike(const format::Json& other, const format::Json& json) {
  std::string text;
  for (const auto& [field, value] : json.items()) {
    const bool is_same = other.contains(field) && other[field] == value;
    if (!is_same) text += " " + field + " " + value.dump();
  }
  return text;
}

// Each record that is not the same, a line each: of one that is there, the fields that differ.
template <class Record>
std::string difference_of(const char* what, const std::vector<Record>& found,
                          const std::vector<Record>& expected) {
  std::string text;
  for (const Record& record : found) {
    const format::Json json = json_of(record);
    const auto same_id = std::ranges::find(expected, record.id, &Record::id);
    if (same_id == expected.end()) {
      text += std::string("\n  not expected: ") + what + " " + json.dump();
      continue;
    }
    const format::Json wanted = json_of(*same_id);
    if (json == wanted) continue;
    text += std::string("\n  ") + what + " " + record.id.to_string() + ":" +
            fields_unlike(wanted, json) + " instead of" + fields_unlike(json, wanted);
  }
  for (const Record& record : expected) {
    if (std::ranges::find(found, record.id, &Record::id) == found.end()) {
      text += std::string("\n  missing: ") + what + " " + json_of(record).dump();
    }
  }
  if (text.empty() && found != expected) text = std::string("\n  other ") + what + "s";
  return text;
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
  std::string text = difference_of("pool", found.pools, expected.pools) +
                     difference_of("consumer", found.consumers, expected.consumers) +
                     difference_of("proxy", found.proxies, expected.proxies) +
                     difference_of("lease", found.leases, expected.leases);
  if (found.health != expected.health) text += "\n  other health results";
  if (text.empty() && found != expected) return "\n  other cursors";
  return text;
}

}  // namespace pharox::tests
