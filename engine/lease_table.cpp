#include "engine/lease_table.h"

namespace pharox::engine {

void ActiveLease::assign(const format::StoredLease& stored) {
  const Lease& lease = stored.lease;
  id = lease.id;
  deadline_since_boot = stored.deadline_since_boot;
  token = lease.token;
  duration = stored.duration;
  proxy_id = lease.proxy_id;
  consumer_id = lease.consumer_id;
  pool_id = lease.pool_id;
  pool_name = lease.pool_name;
  acquired_at = lease.acquired_at;
  expires_at = lease.expires_at;
  boot_id = stored.boot_id;
}

format::StoredLease ActiveLease::stored() const {
  return {.lease = {.id = id,
                    .proxy_id = proxy_id,
                    .consumer_id = consumer_id,
                    .pool_id = pool_id,
                    .pool_name = pool_name,
                    .status = LeaseStatus::active,
                    .acquired_at = acquired_at,
                    .expires_at = expires_at,
                    .released_at = std::nullopt,
                    .end_reason = std::nullopt,
                    .token = token},
          .duration = duration,
          .deadline_since_boot = deadline_since_boot,
          .boot_id = boot_id};
}

LeaseSlot LeaseTable::insert(const format::StoredLease& stored) {
  LeaseSlot slot = first_free_;
  if (slot == kNoLease) {
    slot = static_cast<LeaseSlot>(slots_.size());
    slots_.grow();
  } else {
    first_free_ = slots_[slot].next;
  }
  ActiveLease& lease = slots_[slot];
  lease.assign(stored);
  by_id_.insert(lease.id, slot);
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
  while (before != kNoLease && lease.id < slots_[before].id) {
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
  by_id_.erase(lease.id, slot);
  lease.proxy = nullptr;
  ++lease.generation;
  lease.next = first_free_;
  first_free_ = slot;
}

LeaseSlot LeaseTable::find(const Uuid& id) const {
  return by_id_.find(id, [&](LeaseSlot slot) -> const Uuid& { return slots_[slot].id; })
      .value_or(kNoLease);
}

LeaseSlot LeaseTable::first_after(const Uuid& after) const {
  if (const LeaseSlot slot = find(after); slot != kNoLease) return slots_[slot].next;
  LeaseSlot slot = first_;
  while (slot != kNoLease && slots_[slot].id <= after) slot = slots_[slot].next;
  return slot;
}

std::optional<std::string> LeaseTable::validate() const {
  std::size_t in_order = 0;
  LeaseSlot previous = kNoLease;
  for (LeaseSlot slot = first_; slot != kNoLease; previous = slot, slot = slots_[slot].next) {
    const ActiveLease& lease = slots_[slot];
    const Uuid& id = lease.id;
    if (++in_order > by_id_.size()) return "lease table: more leases in order than by id";
    if (lease.previous != previous) return "lease table: broken link at " + id.to_string();
    if (previous != kNoLease && !(slots_[previous].id < id)) {
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
