// The ended leases of a store in memory, in order of their end, found by id.
//
// Leases stand in a queue; each has the next number (32 bits, wrapping), under which its id is
// indexed.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "format/stored_lease.h"
#include "storage/id_index.h"

namespace pharox::storage {

class EndedLeases {
 public:
  std::size_t size() const { return leases_.size(); }
  bool empty() const { return leases_.empty(); }
  const std::deque<format::StoredLease>& in_order_of_end() const { return leases_; }
  // Null when it is not here. Valid until the next change.
  const format::StoredLease* find(const Uuid& id) const;

  // Requires that no lease of this id is here.
  void add(format::StoredLease lease);
  // Requires !empty().
  void drop_oldest();

  // The first broken invariant, or nothing.
  std::string validate() const;

 private:
  const format::StoredLease& lease_of(std::uint32_t number) const {
    return leases_[static_cast<std::uint32_t>(number - first_)];
  }

  std::deque<format::StoredLease> leases_;
  std::uint32_t first_ = 0;  // the number of the oldest
  IdIndex by_id_;
};

}  // namespace pharox::storage
