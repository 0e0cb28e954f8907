// The reference's algorithm: walk all proxies, keep the best. What one writes without an index.
#pragma once

#include <span>
#include <vector>

#include "bench/contender.h"
#include "bench/dataset.h"

namespace pharox::bench {

class LinearScan final : public Selecting {
 public:
  LinearScan(const Dataset& dataset, std::span<const std::size_t> leased);

  void prepare(const ProxyFilters& filters, SelectorStrategy selector) override;
  std::optional<Uuid> select() override;

 private:
  bool comes_before(const Proxy& a, const Proxy& b) const;

  std::vector<Proxy> proxies_;
  ProxyFilters filters_;
  SelectorStrategy selector_ = SelectorStrategy::first_available;
  Uuid cursor_{};
};

}  // namespace pharox::bench
