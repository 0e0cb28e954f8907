#include "storage/ended_leases.h"

#include <cassert>
#include <utility>

namespace pharox::storage {

const format::StoredLease* EndedLeases::find(const Uuid& id) const {
  const auto slot = by_id_.find(
      id, [&](std::uint32_t each) -> const Uuid& { return slots_[each].lease.lease.id; });
  return slot ? &slots_[*slot].lease : nullptr;
}

void EndedLeases::add(format::StoredLease&& lease) {
  assert(find(lease.lease.id) == nullptr);
  if (first_free_ == kNone) {
    first_free_ = static_cast<std::uint32_t>(slots_.size());
    slots_.grow();
  }
  const std::uint32_t number = first_free_;
  Slot& slot = slots_[number];
  first_free_ = std::exchange(slot.next, kNone);
  slot.lease = std::move(lease);
  by_id_.insert(slot.lease.lease.id, number);
  (last_ == kNone ? first_ : slots_[last_].next) = number;
  last_ = number;
}

void EndedLeases::drop_oldest() {
  assert(!empty());
  Slot& slot = slots_[first_];
  by_id_.erase(slot.lease.lease.id, first_);
  const std::uint32_t dropped = std::exchange(first_, slot.next);
  if (first_ == kNone) last_ = kNone;
  slot.next = std::exchange(first_free_, dropped);
}

std::string EndedLeases::validate() const {
  std::size_t linked = 0;
  std::string finding;
  for_each([&](const format::StoredLease& lease) {
    ++linked;
    if (find(lease.lease.id) == &lease) return;
    finding = "the ended lease " + lease.lease.id.to_string() + " is not found by its id";
  });
  if (!finding.empty()) return finding;
  const std::size_t used = by_id_.count_used_cells();
  if (used != linked || used != size()) {
    return std::to_string(used) + " cells are used for " + std::to_string(linked) + " ended leases";
  }
  return {};
}

}  // namespace pharox::storage
