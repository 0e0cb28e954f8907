// Pharox as its users have it: InMemoryStorage for selecting, ProxyManager over it for leasing.
#pragma once

#include <span>

#include "bench/contender.h"
#include "bench/dataset.h"
#include "pharox/in_memory_storage.h"
#include "pharox/manager.h"

namespace pharox::bench {

class PharoxStore final : public Leasing {
 public:
  // `leased`: indexes of proxies that are leased once, for longer than any run.
  PharoxStore(const Dataset& dataset, std::span<const std::size_t> leased);

  void prepare(const ProxyFilters& filters, SelectorStrategy selector) override;
  std::optional<Uuid> select() override;
  bool lease_and_release() override;

  InMemoryStorage& storage() { return storage_; }

 private:
  InMemoryStorage storage_;
  ProxyManager manager_;
  AcquireRequest request_;
};

// An empty store that the rows make themselves at home in: reproducible ids, and no thread of its
// own to take turns with. Null: the system clock.
LeaseStorageOptions quiet_options(const Clock* clock = nullptr);

}  // namespace pharox::bench
