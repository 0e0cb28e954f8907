// The active leases: by id, in id order, and by proxy.
//
// The states of a lease and what moves it between them:
//
//   (none) --acquire, create_lease--> active --release_lease--------------> released (consumer)
//                                       |  \--its time is over, reclaimed-> released (expired)
//                                       |   \--its proxy or pool deleted--> released (deleted)
//                                       '--renew_lease, before its time is over--> active
//
// Released is final. This table holds active leases only; released ones live in the history.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/proxy_table.h"
#include "engine/timer_wheel.h"
#include "format/stored_lease.h"
#include "storage/chunked_array.h"
#include "storage/id_index.h"

namespace pharox::engine {

// A lease without what only ended ones have. Three cache lines; the first has what finds it and
// what links it.
struct alignas(64) ActiveLease {
  Uuid id;
  ProxyPlace* proxy = nullptr;  // null: the slot is free, or the lease not attached yet
  TimerWheel::Handle timer = 0;
  std::uint32_t generation = 0;   // of the slot: tells its tenants apart
  LeaseSlot previous = kNoLease;  // in id order
  LeaseSlot next = kNoLease;      // in id order, or in the free list
  LeaseSlot previous_of_proxy = kNoLease;
  LeaseSlot next_of_proxy = kNoLease;
  Duration deadline_since_boot{};
  std::uint64_t token = 0;

  Duration duration{};
  Uuid proxy_id;
  Uuid consumer_id;
  Uuid pool_id;
  std::string pool_name;
  Timestamp acquired_at{};
  Timestamp expires_at{};
  Uuid boot_id;

  void assign(const format::StoredLease& stored);
  format::StoredLease stored() const;
  Lease lease() const { return stored().lease; }
};

static_assert(sizeof(ActiveLease) == 192);

// Not thread-safe. Every operation is O(1) but listing, and inserting an id that is not the
// greatest so far (which happens at recovery only, in id order).
class LeaseTable {
 public:
  // The id must be new. The lease is its proxy's from attach() on.
  LeaseSlot insert(const format::StoredLease& stored);
  void attach(LeaseSlot slot, ProxyPlace& proxy);
  void erase(LeaseSlot slot);

  LeaseSlot find(const Uuid& id) const;
  void reserve(std::size_t size) {
    slots_.reserve(size);
    by_id_.reserve(size);
  }
  ActiveLease& operator[](LeaseSlot slot) { return slots_[slot]; }
  const ActiveLease& operator[](LeaseSlot slot) const { return slots_[slot]; }
  std::size_t size() const { return by_id_.size(); }
  // Fetches where an insert of the id will look first.
  void prefetch(const Uuid& id) const { by_id_.prefetch(id); }
  // Leases end mostly in the order in which they began: fetches what ending the next one looks at.
  void prefetch_behind(LeaseSlot slot) const {
    const LeaseSlot next = slots_[slot].next;
    if (next != kNoLease) __builtin_prefetch(slots_[next].proxy);
  }

  // The first lease in id order whose id is greater than `after`. O(1) when `after` is active or
  // nil, else linear.
  LeaseSlot first_after(const Uuid& after) const;

  std::optional<std::string> validate() const;

 private:
  void link_in_id_order(LeaseSlot slot);

  storage::ChunkedArray<ActiveLease> slots_;
  LeaseSlot first_free_ = kNoLease;
  LeaseSlot first_ = kNoLease;
  LeaseSlot last_ = kNoLease;
  storage::IdIndex by_id_;
};

}  // namespace pharox::engine
