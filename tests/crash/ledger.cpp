#include "tests/crash/ledger.h"

#include <algorithm>

namespace pharox::tests {

Ledger::Ledger(const std::vector<Event>& events) {
  for (const Event& event : events) {
    last_of_thread_[event.thread] = event.kind;
    switch (event.kind) {
      case EventKind::acquired:
        leases_[event.lease_id] = {.acquired = event, .last = event.kind};
        highest_token_ = std::max(highest_token_, event.token);
        ++acknowledged_;
        break;
      case EventKind::released:
        ++acknowledged_;
        [[fallthrough]];
      case EventKind::releasing:
        leases_.at(event.lease_id).last = event.kind;
        break;
      case EventKind::acquiring:
      case EventKind::missed:
        break;
    }
  }
}

std::optional<std::string> Ledger::contradiction(LeaseStorage& storage) const {
  for (const auto& [id, told] : leases_) {
    const std::optional<Lease> stored = storage.get_lease(id);
    const std::string name = "lease " + id.to_string();
    if (!stored) return name + " is lost";
    if (stored->proxy_id != told.acquired.proxy_id) return name + " is on another proxy";
    if (stored->token != told.acquired.token) return name + " has another token";
    const bool active = stored->status == LeaseStatus::active;
    if (told.last == EventKind::acquired && !active) return name + " has ended by itself";
    if (told.last == EventKind::released && active) return name + ": its release is lost";
    if (!active && stored->end_reason != EndReason::consumer) return name + " ended otherwise";
  }

  std::size_t in_flight = 0;
  for (const auto& [thread, kind] : last_of_thread_) in_flight += kind == EventKind::acquiring;
  std::size_t untold = 0;
  for (const Lease& lease : storage.list_leases({}, LeaseStatus::active)) {
    untold += !leases_.contains(lease.id);
  }
  if (untold > in_flight) {
    return std::to_string(untold) + " leases that nobody told of, " + std::to_string(in_flight) +
           " acquires were in flight";
  }

  for (const Proxy& proxy : storage.list_proxies("pool")) {
    if (proxy.max_concurrency && proxy.current_leases > *proxy.max_concurrency) {
      return "proxy " + proxy.id.to_string() + " is above its limit";
    }
  }
  return storage.validate();
}

}  // namespace pharox::tests
