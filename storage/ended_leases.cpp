#include "storage/ended_leases.h"

#include <cassert>
#include <utility>

namespace pharox::storage {
namespace {

std::uint32_t hash_of(const Uuid& id) {
  const std::uint64_t hash = std::hash<Uuid>{}(id);
  const auto folded = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  return folded == 0 ? 1 : folded;
}

}  // namespace

const format::StoredLease* EndedLeases::find(const Uuid& id) const {
  const std::uint32_t hash = hash_of(id);
  for (std::size_t at = home({.hash = hash}); cells_[at].hash != 0; at = next(at)) {
    if (cells_[at].hash != hash) continue;
    const format::StoredLease& lease = lease_of(cells_[at]);
    if (lease.lease.id == id) return &lease;
  }
  return nullptr;
}

void EndedLeases::add(format::StoredLease lease) {
  assert(find(lease.lease.id) == nullptr);
  if (2 * (leases_.size() + 1) > cells_.size()) grow();
  const auto number = static_cast<std::uint32_t>(first_ + leases_.size());
  place({.hash = hash_of(lease.lease.id), .number = number});
  leases_.push_back(std::move(lease));
}

void EndedLeases::place(const Cell& cell) {
  std::size_t at = home(cell);
  while (cells_[at].hash != 0) at = next(at);
  cells_[at] = cell;
}

void EndedLeases::grow() {
  const std::vector<Cell> old = std::exchange(cells_, std::vector<Cell>(2 * cells_.size()));
  for (const Cell& cell : old) {
    if (cell.hash != 0) place(cell);
  }
}

void EndedLeases::drop_oldest() {
  assert(!empty());
  std::size_t hole = home({.hash = hash_of(leases_.front().lease.id)});
  while (cells_[hole].hash == 0 || cells_[hole].number != first_) hole = next(hole);
  // A cell may fill the hole unless its home lies behind the hole: a search starting there would
  // miss it.
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t at = next(hole); cells_[at].hash != 0; at = next(at)) {
    const std::size_t from_home = (at - home(cells_[at])) & mask;
    const std::size_t from_hole = (at - hole) & mask;
    if (from_home < from_hole) continue;
    cells_[hole] = cells_[at];
    hole = at;
  }
  cells_[hole] = {};
  leases_.pop_front();
  ++first_;
}

std::string EndedLeases::validate() const {
  std::size_t used = 0;
  for (const Cell& cell : cells_) used += cell.hash != 0;
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
