#include "storage/id_index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <new>
#include <utility>

#include "format/bits.h"
#include "storage/chunked_array.h"

namespace pharox::storage {
namespace {

// Cells moved with each change while the table grows. Two would do: as many changes as half the old
// table has cells come before the new one is full.
constexpr std::size_t kMovedWithEachChange = 8;

// The cells of a cache line are one group of ids: the bits below pick the cell.
constexpr int kCellBits = 3;

// Of the ids of version 7 that UuidGenerator makes within a millisecond, about four fall into one
// span of so many bits: half a line.
constexpr int kGroupBits = 33;

}  // namespace

std::uint32_t IdIndex::hash_of(const Uuid& id) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  const std::uint64_t high = id.high();
  const std::uint64_t low = id.low();
  std::uint32_t hash = 0;
  if (id.version() == 7) {
    const auto group = static_cast<std::uint32_t>(format::mix(high * kOdd + (low >> kGroupBits)));
    const auto cell = static_cast<std::uint32_t>(low >> (kGroupBits - kCellBits));
    hash = group << kCellBits | (cell & ((1u << kCellBits) - 1));
  } else {
    hash = static_cast<std::uint32_t>(format::mix(high * kOdd + low));
  }
  return hash == 0 ? std::numeric_limits<std::uint32_t>::max() : hash;
}

IdIndex::Table::Table(std::size_t cells)
    : memory(static_cast<Cell*>(std::calloc(cells, sizeof(Cell)))), size(cells) {
  if (!memory) throw std::bad_alloc();
}

void IdIndex::Table::place(const Cell& cell) {
  std::size_t at = home(cell.hash);
  while ((*this)[at].hash != 0) at = next(at);
  (*this)[at] = cell;
}

bool IdIndex::Table::erase(std::uint32_t hash, std::uint32_t number) {
  if (size == 0) return false;
  std::size_t hole = start(hash);
  while ((*this)[hole].number != number || (*this)[hole].hash != hash) {
    if ((*this)[hole].hash == 0) return false;
    hole = next(hole);
  }
  // A cell may fill the hole unless its home lies behind the hole: a search starting there would
  // miss it.
  const std::size_t mask = size - 1;
  for (std::size_t at = next(hole); (*this)[at].hash != 0; at = next(at)) {
    const std::size_t from_home = (at - home((*this)[at].hash)) & mask;
    const std::size_t from_hole = (at - hole) & mask;
    if (from_home < from_hole) continue;
    (*this)[hole] = (*this)[at];
    hole = at;
  }
  (*this)[hole] = {};
  return true;
}

void IdIndex::insert(const Uuid& id, std::uint32_t number) {
  if (2 * (size_ + 1) > cells_.size) grow_to(2 * cells_.size);
  move_some(kMovedWithEachChange);
  cells_.place({.hash = hash_of(id), .number = number});
  ++size_;
}

void IdIndex::erase(const Uuid& id, std::uint32_t number) {
  move_some(kMovedWithEachChange);
  const std::uint32_t hash = hash_of(id);
  [[maybe_unused]] const bool erased = cells_.erase(hash, number) || old_.erase(hash, number);
  assert(erased);
  --size_;
}

void IdIndex::reserve(std::size_t size) {
  if (2 * size <= cells_.size) return;
  grow_to(std::bit_ceil(2 * size));
  populate(cells_.memory.get(), cells_.size * sizeof(Cell));
  move_some(old_.size);
}

void IdIndex::grow_to(std::size_t cells) {
  move_some(old_.size);
  Table wider(cells);
  old_ = std::exchange(cells_, std::move(wider));
  while (old_[old_.origin].hash != 0) ++old_.origin;
}

void IdIndex::move_some(std::size_t cells) {
  if (old_.size == 0) return;
  const std::size_t until = std::min(old_.size, old_.emptied + cells);
  for (; old_.emptied < until; ++old_.emptied) {
    Cell& cell = old_[(old_.origin + old_.emptied) & (old_.size - 1)];
    if (cell.hash != 0) cells_.place(std::exchange(cell, {}));
  }
  if (old_.emptied == old_.size) old_ = Table();
}

std::size_t IdIndex::count_used_cells() const {
  std::size_t used = 0;
  for (const auto* table : {&cells_, &old_}) {
    for (std::size_t at = 0; at < table->size; ++at) used += (*table)[at].hash != 0;
  }
  return used;
}

}  // namespace pharox::storage
