// The ended leases of a store in memory: in order of their end, and found by id.
//
// Leases stand in slots that are used again, linked in order of end.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "format/stored_lease.h"
#include "storage/chunked_array.h"
#include "storage/id_index.h"

namespace pharox::storage {

class EndedLeases {
 public:
  std::size_t size() const { return by_id_.size(); }
  bool empty() const { return size() == 0; }
  // The one that ended first. Requires !empty().
  const format::StoredLease& oldest() const { return slots_[first_].lease; }
  // Null when it is not here. Valid until the next change.
  const format::StoredLease* find(const Uuid& id) const;
  // In order of end.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (std::uint32_t slot = first_; slot != kNone; slot = slots_[slot].next) {
      visit(slots_[slot].lease);
    }
  }

  // Requires that no lease of this id is here.
  void add(format::StoredLease&& lease);
  // Requires !empty().
  void drop_oldest();

  // The first broken invariant, or nothing.
  std::string validate() const;

 private:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Slot {
    format::StoredLease lease;
    std::uint32_t next = kNone;  // the one that ended next, or the next free slot
  };

  ChunkedArray<Slot> slots_;
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
  std::uint32_t first_free_ = kNone;
  IdIndex by_id_;
};

}  // namespace pharox::storage
