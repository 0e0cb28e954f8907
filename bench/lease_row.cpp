#include "bench/lease_row.h"

#include "bench/pharox_store.h"
#include "format/codec.h"
#include "format/keys.h"
#include "pharox/clock.h"

namespace pharox::bench {

LeaseRow lease_row(const Dataset& dataset) {
  const SystemClock clock;
  const AcquireRequest request{.pool_name = dataset.pool.name};
  InMemoryStorage storage(quiet_options(&clock));
  storage.save_pool(dataset.pool);
  storage.save_proxy(dataset.proxies.front());
  const auto lease = ProxyManager(storage).acquire_proxy(request);
  const format::StoredLease stored{.lease = *lease,
                                   .duration = request.duration,
                                   .deadline_since_boot = clock.now().since_boot + request.duration,
                                   .boot_id = clock.boot_id()};
  return {format::uuid_key(lease->id), format::encode(stored)};
}

}  // namespace pharox::bench
