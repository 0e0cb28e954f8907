// Changes of records: what the lease state hands to the journal, in order.
#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "format/codec.h"
#include "format/stored_lease.h"
#include "pharox/consumer.h"
#include "pharox/health.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::storage {

struct PutPool {
  ProxyPool pool;
};
struct ErasePool {  // and its cursor
  Uuid pool_id;
};
struct PutConsumer {
  Consumer consumer;
};
struct PutProxy {
  Proxy proxy;
};
struct EraseProxy {  // and its last health result
  Uuid proxy_id;
};
struct PutHealth {
  HealthCheckResult result;
};
struct PutLease {  // a new active lease, or the new end of one
  format::StoredLease lease;
};
struct EndLease {  // moves it from the active leases to the history
  format::StoredLease lease;
};
struct PutCursor {
  Uuid pool_id;
  Uuid last_chosen;
};
// Tokens below `mark` may be handed out from now on. Durable before any of them is seen, in every
// mode, because a token must not be handed out again after a crash.
struct PutTokenMark {
  std::uint64_t mark;
};
// Durable in every mode before any deadline that follows from it is kept: the next opening must
// come to the same ones.
struct PutBootAnchor {
  format::BootAnchor anchor;
};

using Change = std::variant<PutPool, ErasePool, PutConsumer, PutProxy, EraseProxy, PutHealth,
                            PutLease, EndLease, PutCursor, PutTokenMark, PutBootAnchor>;

// The changes of one operation: applied wholly or not at all.
using ChangeList = std::vector<Change>;

}  // namespace pharox::storage
