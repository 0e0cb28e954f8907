// Random records, filters and times, from small alphabets so that they meet each other often.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "pharox/filters.h"
#include "pharox/health.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::tests {

class Generator {
 public:
  // Proxies have the ids from 1 to `proxy_ids`.
  Generator(std::uint64_t seed, std::uint64_t proxy_ids) : random_(seed), proxy_ids_(proxy_ids) {}

  std::uint64_t proxy_ids() const { return proxy_ids_; }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  double real(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }
  template <class Values>
  auto any_of(const Values& values) {
    return values[below(std::size(values))];
  }

  // Of three pools that are mostly there, seldom of one that never is.
  std::string pool_name();
  std::string consumer_name();
  Uuid pool_id();
  Uuid proxy_id();
  SelectorStrategy selector();
  // From a microsecond to ten minutes, each magnitude as often as the others.
  Duration span();

  std::vector<ProxyPool> pools();  // all three, with names of their own
  ProxyPool pool();                // one of them, with the name of any
  Proxy proxy();                   // seldom one that breaks a rule
  // For one commit; seldom is one of them refused.
  std::vector<Proxy> proxies(std::uint64_t count);
  HealthCheckResult health();

  // Nested up to `levels` deep; without a predicate at the outermost level.
  ProxyFilters filters(int levels = 3);
  ProxyFilters broken_filters();
  // Decides by the proxy alone; a few throw a Refusal for some proxies.
  std::function<bool(const Proxy&)> predicate(bool may_throw);

 private:
  Proxy sound_proxy();
  double latitude();
  double longitude();
  void add_place(ProxyFilters& filters);

  std::mt19937_64 random_;
  const std::uint64_t proxy_ids_;
};

// What predicates of the generator throw.
struct Refusal {};

std::string to_text(const ProxyFilters& filters);

}  // namespace pharox::tests
