// Changes that one thread puts in and another takes out, time and again.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "storage/change.h"

namespace pharox::storage {

// Keeps the slots when it is cleared, with what is in them: the next change is moved over the one
// before, and the memory of that goes back to the thread that has its like. If another thread freed
// it, both would wait for the allocator's lock.
class ChangeSlots {
 public:
  void take(ChangeList&& changes) {
    for (Change& change : changes) {
      if (size_ < slots_.size()) {
        slots_[size_] = std::move(change);
      } else {
        slots_.push_back(std::move(change));
      }
      ++size_;
    }
    changes.clear();
  }
  void clear() { size_ = 0; }

  std::span<const Change> all() const { return std::span(slots_).first(size_); }

 private:
  std::vector<Change> slots_;
  std::size_t size_ = 0;
};

}  // namespace pharox::storage
