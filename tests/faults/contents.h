// All that a storage can tell, so that two of them can be compared whole.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pharox/lease_storage.h"

namespace pharox::tests {

struct Contents {
  std::vector<ProxyPool> pools;
  std::vector<Consumer> consumers;
  std::vector<Proxy> proxies;
  std::vector<Lease> leases;  // active and ended
  std::map<Uuid, HealthCheckResult> health;
  // By pool: what round robin would choose. Not asked for while a lease is due, which asking ends.
  std::optional<std::map<Uuid, Uuid>> next_in_turn;

  // What was not asked for is no difference.
  friend bool operator==(const Contents& a, const Contents& b);
};

// Changes nothing.
Contents contents_of(LeaseStorage& storage);
// Only what is read from memory.
Contents contents_in_memory(LeaseStorage& storage);

// Every record that is not the same, as text; empty when there is no difference.
std::string difference(const Contents& found, const Contents& expected);

}  // namespace pharox::tests
