#include "bench/linear_scan.h"

#include <tuple>

namespace pharox::bench {

LinearScan::LinearScan(const Dataset& dataset, std::span<const std::size_t> leased)
    : proxies_(dataset.proxies) {
  for (const std::size_t i : leased) proxies_[i].current_leases = 1;
}

void LinearScan::prepare(const ProxyFilters& filters, SelectorStrategy selector) {
  filters_ = filters;
  selector_ = selector;
}

bool LinearScan::comes_before(const Proxy& a, const Proxy& b) const {
  switch (selector_) {
    case SelectorStrategy::first_available:
      return std::tie(b.checked_at, a.id) < std::tie(a.checked_at, b.id);
    case SelectorStrategy::least_used:
      return std::tie(a.current_leases, a.checked_at, a.id) <
             std::tie(b.current_leases, b.checked_at, b.id);
    case SelectorStrategy::round_robin: {
      const bool a_wraps = a.id <= cursor_;
      const bool b_wraps = b.id <= cursor_;
      return std::tie(a_wraps, a.id) < std::tie(b_wraps, b.id);
    }
  }
  return false;
}

std::optional<Uuid> LinearScan::select() {
  const Proxy* best = nullptr;
  for (const Proxy& proxy : proxies_) {
    const bool available =
        proxy.status == ProxyStatus::active &&
        (!proxy.max_concurrency || proxy.current_leases < *proxy.max_concurrency);
    if (!available || !matches(filters_, proxy)) continue;
    if (best == nullptr || comes_before(proxy, *best)) best = &proxy;
  }
  if (best == nullptr) return std::nullopt;
  if (selector_ == SelectorStrategy::round_robin) cursor_ = best->id;
  return best->id;
}

}  // namespace pharox::bench
