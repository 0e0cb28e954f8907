#include "bench/pharox_store.h"

namespace pharox::bench {

LeaseStorageOptions quiet_options(const Clock* clock) {
  LeaseStorageOptions options;
  options.clock = clock;
  options.background_reclaimer = false;
  options.id_seed = 1;
  return options;
}

PharoxStore::PharoxStore(const Dataset& dataset, std::span<const std::size_t> leased)
    : storage_(quiet_options()), manager_(storage_) {
  constexpr std::string_view kHolder = "holder";
  request_.pool_name = dataset.pool.name;
  storage_.save_pool(dataset.pool);
  storage_.add_proxies_bulk(dataset.proxies);
  storage_.ensure_consumer(kHolder);
  for (const std::size_t i : leased) {
    storage_.create_lease(dataset.proxies[i].id, kHolder, std::chrono::hours{24});
  }
}

void PharoxStore::prepare(const ProxyFilters& filters, SelectorStrategy selector) {
  request_.filters = filters;
  request_.selector = selector;
}

std::optional<Uuid> PharoxStore::select() {
  const auto proxy =
      storage_.find_available_proxy(request_.pool_name, *request_.filters, request_.selector);
  return proxy ? std::optional(proxy->id) : std::nullopt;
}

bool PharoxStore::lease_and_release() {
  const auto lease = manager_.acquire_proxy(request_);
  return lease && manager_.release_proxy(*lease);
}

}  // namespace pharox::bench
