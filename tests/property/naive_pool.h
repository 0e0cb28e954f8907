// A pool as the contract describes it: a list of proxies, looked through from end to end for every
// choice. It shares no code with the index but the record types.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "pharox/filters.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::tests {

class NaivePool {
 public:
  const std::vector<Proxy>& proxies() const { return proxies_; }
  bool contains(const Uuid& id) const { return places_.contains(id); }
  Proxy& proxy(const Uuid& id) { return proxies_[places_.at(id)]; }

  void insert(const Proxy& proxy);
  void erase(const Uuid& id);

  // Null when none of the available proxies matches. Predicates must depend on the proxy alone:
  // they are asked in no particular order.
  const Proxy* choose(const ProxyFilters& filters, SelectorStrategy selector,
                      const Uuid& cursor) const;

  // Every number counted anew; without name and time.
  PoolStatsSnapshot stats() const;

 private:
  std::vector<Proxy> proxies_;
  std::unordered_map<Uuid, std::size_t> places_;
};

}  // namespace pharox::tests
