// What acquiring has in common, whichever storage does it, one lease or many.
#pragma once

#include <optional>
#include <vector>

#include "pharox/acquire_request.h"
#include "pharox/errors.h"
#include "pharox/lease.h"

namespace pharox::engine {

inline bool found_none(const std::optional<Lease>& lease) { return !lease; }
inline bool found_none(const std::vector<Lease>& leases) { return leases.empty(); }

// What acquire() returns. The first acquire of the default consumer creates it, by create(): asking
// only then keeps all the others to one call.
template <class Acquire, class Create>
auto acquire_for_consumer(const AcquireRequest& request, const Acquire& acquire,
                          const Create& create) {
  if (consumer_of(request) != kDefaultConsumer) return acquire();
  try {
    return acquire();
  } catch (const ConsumerNotFoundError&) {
    create();
    return acquire();
  }
}

}  // namespace pharox::engine
