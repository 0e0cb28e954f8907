#include "storage/ended_leases.h"

#include <cassert>
#include <utility>

namespace pharox::storage {

const format::StoredLease* EndedLeases::find(const Uuid& id) const {
  const auto number = by_id_.find(id, [&](std::uint32_t each) { return lease_of(each).lease.id; });
  return number ? &lease_of(*number) : nullptr;
}

void EndedLeases::add(format::StoredLease lease) {
  assert(find(lease.lease.id) == nullptr);
  by_id_.insert(lease.lease.id, static_cast<std::uint32_t>(first_ + leases_.size()));
  leases_.push_back(std::move(lease));
}

void EndedLeases::drop_oldest() {
  assert(!empty());
  by_id_.erase(leases_.front().lease.id, first_);
  leases_.pop_front();
  ++first_;
}

std::string EndedLeases::validate() const {
  const std::size_t used = by_id_.count_used_cells();
  if (used != leases_.size()) {
    return std::to_string(used) + " cells are used for " + std::to_string(leases_.size()) +
           " ended leases";
  }
  for (const format::StoredLease& lease : leases_) {
    if (find(lease.lease.id) != &lease) {
      return "the ended lease " + lease.lease.id.to_string() + " is not found by its id";
    }
  }
  return {};
}

}  // namespace pharox::storage
