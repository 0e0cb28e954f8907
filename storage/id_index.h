// From ids to numbers of 32 bits: an open-addressed table with linear probing, at most half full.
//
// 1. A cell is eight bytes: the number, and a part of the id's hash that tells almost every other
//    id apart. The ids themselves stay with their owner, who is asked for the id of a number that
//    looks right. Erasing shifts the cells behind the hole back, which takes their hashes only.
// 2. Ids of version 7 that were made one after the other share a cache line (see hash_of): leases
//    come and go in the order of their ids, so most cells are in the cache when they are asked for.
// 3. It grows in steps: the cells move to a table of twice the size a few at a time, with the
//    changes that follow, so that no single one pays for all of them. The new table is memory that
//    the kernel clears when it is touched.
//
// Every acquire and release passes through two of these.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "pharox/uuid.h"

namespace pharox::storage {

class IdIndex {
 public:
  // The number under which `id` is here. `id_of(number)` tells the id of a number that is here.
  template <class IdOf>
  std::optional<std::uint32_t> find(const Uuid& id, const IdOf& id_of) const {
    const std::uint32_t hash = hash_of(id);
    for (const auto* table : {&cells_, &old_}) {
      if (table->size == 0) continue;
      for (std::size_t at = table->start(hash); (*table)[at].hash != 0; at = table->next(at)) {
        const Cell cell = (*table)[at];
        if (cell.hash == hash && id_of(cell.number) == id) return cell.number;
      }
    }
    return std::nullopt;
  }

  // Fetches the cell where find(id), insert(id, ...) and erase(id, ...) will look first.
  void prefetch(const Uuid& id) const { __builtin_prefetch(&cells_[cells_.start(hash_of(id))]); }

  // Requires that neither is here.
  void insert(const Uuid& id, std::uint32_t number);
  // Requires that `id` is here under `number`.
  void erase(const Uuid& id, std::uint32_t number);
  // Makes room for so many, at once.
  void reserve(std::size_t size);

  std::size_t size() const { return size_; }
  // By counting: equal to size() unless something is broken.
  std::size_t count_used_cells() const;

 private:
  struct Cell {
    std::uint32_t hash;  // 0: the cell is free
    std::uint32_t number;
  };

  struct Table {
    Table() = default;
    explicit Table(std::size_t cells);  // throws std::bad_alloc

    Cell& operator[](std::size_t at) { return memory.get()[at]; }
    const Cell& operator[](std::size_t at) const { return memory.get()[at]; }
    std::size_t home(std::uint32_t hash) const { return hash & (size - 1); }
    std::size_t next(std::size_t at) const { return (at + 1) & (size - 1); }
    // Where a search begins: what has moved on would end it too early.
    std::size_t start(std::uint32_t hash) const {
      const std::size_t at = home(hash);
      return ((at - origin) & (size - 1)) < emptied ? (origin + emptied) & (size - 1) : at;
    }
    void place(const Cell& cell);
    bool erase(std::uint32_t hash, std::uint32_t number);

    struct Free {
      void operator()(Cell* cells) const { std::free(cells); }
    };
    std::unique_ptr<Cell, Free> memory;
    std::size_t size = 0;  // a power of two, or 0
    // Of a table that is being left: how many cells from `origin` on have moved. The origin is a
    // free cell, so that no search passes over it.
    std::size_t origin = 0;
    std::size_t emptied = 0;
  };

  static std::uint32_t hash_of(const Uuid& id);
  void grow_to(std::size_t cells);
  void move_some(std::size_t cells);

  Table cells_{64};
  Table old_;  // being left, where there is one
  std::size_t size_ = 0;
};

}  // namespace pharox::storage
