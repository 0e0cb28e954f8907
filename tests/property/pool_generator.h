// Random proxies and filters for one pool, shaped so that every way of choosing is taken: values
// that half the pool carries and values that a single proxy does, places on the lines of the geo
// grid, radii that end within millimetres of a proxy, filters that come again and again and filters
// that never do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "pharox/filters.h"
#include "pharox/proxy.h"

namespace pharox::tests {

class PoolGenerator {
 public:
  // About `proxies` proxies will live in the pool: what is rare is rare in proportion.
  PoolGenerator(std::uint64_t seed, std::size_t proxies);

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  double real(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  Uuid id();  // new: rising, or anywhere
  // Of a new id, without leases.
  Proxy proxy(const Uuid& pool_id);
  ProxyStatus status() { return one_in(6) ? ProxyStatus::banned : ProxyStatus::active; }
  // A few moments, so that many proxies tie; the newest one moves on.
  Timestamp checked_at();
  SelectorStrategy selector() { return static_cast<SelectorStrategy>(below(3)); }

  // One of a few hundred that come again, the favourites among them most, or one of its own. Some
  // places lie close to one of `proxies`.
  ProxyFilters filters(const std::vector<Proxy>& proxies);

 private:
  using Text = std::optional<std::string>;

  Text text(char attribute);
  void place(Proxy& proxy);
  void add_place(ProxyFilters& filters, const std::vector<Proxy>& proxies);
  void end_radius_at(ProxyFilters& filters, const Proxy& proxy);
  ProxyFilters new_filters(const std::vector<Proxy>& proxies, int levels);
  const ProxyFilters& recurring_filters(const std::vector<Proxy>& proxies);
  std::function<bool(const Proxy&)> predicate();

  std::mt19937_64 random_;
  UuidGenerator ids_;
  const std::size_t proxies_;
  std::uint64_t ids_in_order_ = 0;
  std::uint64_t moments_ = 0;
  std::vector<ProxyFilters> recurring_;
  std::size_t favourites_ = 0;  // where they begin in recurring_
};

}  // namespace pharox::tests
