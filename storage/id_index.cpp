#include "storage/id_index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace pharox::storage {

std::uint32_t IdIndex::hash_of(const Uuid& id) {
  const std::uint64_t hash = std::hash<Uuid>{}(id);
  const auto folded = static_cast<std::uint32_t>(hash ^ (hash >> 32));
  return folded == 0 ? 1 : folded;
}

void IdIndex::insert(const Uuid& id, std::uint32_t number) {
  if (2 * (size_ + 1) > cells_.size()) grow_to(2 * cells_.size());
  place({.hash = hash_of(id), .number = number});
  ++size_;
}

void IdIndex::place(const Cell& cell) {
  std::size_t at = home(cell.hash);
  while (cells_[at].hash != 0) at = next(at);
  cells_[at] = cell;
}

void IdIndex::reserve(std::size_t size) {
  if (2 * size > cells_.size()) grow_to(std::bit_ceil(2 * size));
}

void IdIndex::grow_to(std::size_t cells) {
  const std::vector<Cell> old = std::exchange(cells_, std::vector<Cell>(cells));
  for (const Cell& cell : old) {
    if (cell.hash != 0) place(cell);
  }
}

void IdIndex::erase(const Uuid& id, std::uint32_t number) {
  std::size_t hole = home(hash_of(id));
  while (cells_[hole].number != number || cells_[hole].hash == 0) {
    assert(cells_[hole].hash != 0);
    hole = next(hole);
  }
  // A cell may fill the hole unless its home lies behind the hole: a search starting there would
  // miss it.
  const std::size_t mask = cells_.size() - 1;
  for (std::size_t at = next(hole); cells_[at].hash != 0; at = next(at)) {
    const std::size_t from_home = (at - home(cells_[at].hash)) & mask;
    const std::size_t from_hole = (at - hole) & mask;
    if (from_home < from_hole) continue;
    cells_[hole] = cells_[at];
    hole = at;
  }
  cells_[hole] = {};
  --size_;
}

std::size_t IdIndex::count_used_cells() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cells_, [](const Cell& cell) { return cell.hash != 0; }));
}

}  // namespace pharox::storage
