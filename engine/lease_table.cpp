#include "engine/lease_table.h"

namespace pharox::engine {

LeaseSlot LeaseTable::insert(format::StoredLease stored) {
  LeaseSlot slot = first_free_;
  if (slot == kNoLease) {
    slot = static_cast<LeaseSlot>(slots_.size());
    slots_.grow();
  } else {
    first_free_ = slots_[slot].next;
  }
  ActiveLease& lease = slots_[slot];
  lease.stored = std::move(stored);
  by_id_.insert(lease.stored.lease.id, slot);
  link_in_id_order(slot);
  return slot;
}

void LeaseTable::attach(LeaseSlot slot, ProxyPlace& proxy) {
  ActiveLease& lease = slots_[slot];
  lease.proxy = &proxy;
  lease.previous_of_proxy = kNoLease;
  lease.next_of_proxy = proxy.first_lease;
  if (proxy.first_lease != kNoLease) slots_[proxy.first_lease].previous_of_proxy = slot;
  proxy.first_lease = slot;
}

void LeaseTable::link_in_id_order(LeaseSlot slot) {
  ActiveLease& lease = slots_[slot];
  LeaseSlot before = last_;
  while (before != kNoLease && lease.stored.lease.id < slots_[before].stored.lease.id) {
    before = slots_[before].previous;
  }
  lease.previous = before;
  lease.next = before == kNoLease ? first_ : slots_[before].next;
  (lease.previous == kNoLease ? first_ : slots_[lease.previous].next) = slot;
  (lease.next == kNoLease ? last_ : slots_[lease.next].previous) = slot;
}

void LeaseTable::erase(LeaseSlot slot) {
  ActiveLease& lease = slots_[slot];
  if (lease.proxy != nullptr) {
    (lease.previous_of_proxy == kNoLease ? lease.proxy->first_lease
                                         : slots_[lease.previous_of_proxy].next_of_proxy) =
        lease.next_of_proxy;
    if (lease.next_of_proxy != kNoLease) {
      slots_[lease.next_of_proxy].previous_of_proxy = lease.previous_of_proxy;
    }
  }
  (lease.previous == kNoLease ? first_ : slots_[lease.previous].next) = lease.next;
  (lease.next == kNoLease ? last_ : slots_[lease.next].previous) = lease.previous;
  by_id_.erase(lease.stored.lease.id, slot);
  lease.proxy = nullptr;
  ++lease.generation;
  lease.next = first_free_;
  first_free_ = slot;
}

LeaseSlot LeaseTable::find(const Uuid& id) const {
  return by_id_
      .find(id, [&](LeaseSlot slot) -> const Uuid& { return slots_[slot].stored.lease.id; })
      .value_or(kNoLease);
}

LeaseSlot LeaseTable::first_after(const Uuid& after) const {
  if (const LeaseSlot slot = find(after); slot != kNoLease) return slots_[slot].next;
  LeaseSlot slot = first_;
  while (slot != kNoLease && slots_[slot].stored.lease.id <= after) slot = slots_[slot].next;
  return slot;
}

std::optional<std::string> LeaseTable::validate() const {
  std::size_t in_order = 0;
  LeaseSlot previous = kNoLease;
  for (LeaseSlot slot = first_; slot != kNoLease; previous = slot, slot = slots_[slot].next) {
    const ActiveLease& lease = slots_[slot];
    const Uuid& id = lease.stored.lease.id;
    if (++in_order > by_id_.size()) return "lease table: more leases in order than by id";
    if (lease.previous != previous) return "lease table: broken link at " + id.to_string();
    if (previous != kNoLease && !(slots_[previous].stored.lease.id < id)) {
      return "lease table: out of order at " + id.to_string();
    }
    if (find(id) != slot) return "lease table: not found by id: " + id.to_string();
    if (lease.proxy == nullptr) return "lease table: a lease without a proxy: " + id.to_string();
    LeaseSlot of_proxy = lease.proxy->first_lease;
    while (of_proxy != kNoLease && of_proxy != slot) of_proxy = slots_[of_proxy].next_of_proxy;
    if (of_proxy != slot) return "lease table: not on its proxy's list: " + id.to_string();
  }
  if (by_id_.count_used_cells() != by_id_.size()) return "lease table: stray cells of the id index";
  if (last_ != previous || in_order != by_id_.size()) return "lease table: lost leases";
  return std::nullopt;
}

}  // namespace pharox::engine
