// A hierarchical timer wheel: schedule, cancel and reschedule in O(1), exact to the microsecond.
//
// Time is a 64-bit count of ticks, read as eleven digits of six bits. A level holds 64 slots, one
// for each value of its digit. A timer sits on the level of the highest digit in which its deadline
// differs from the wheel's time, in the slot of its deadline's digit there. So all timers of a
// lower level end before all of a higher one, and within a level slots end in order.
//
// Advancing to `now`:
//   1. Take the first occupied slot of the lowest occupied level. If it starts after `now`, nothing
//      more is due: the wheel's time becomes `now`.
//   2. Else the wheel's time becomes the slot's start, and the slot is drained: a timer whose
//      deadline is reached fires, any other moves to a lower level.
// A timer moves down at most once a level, ten times in all, wherever its deadline is. The work of
// a call is bounded by its budget: a slot may be left half drained and is gone on with first. Of a
// million timers that end in one moment, each step fires one, though nobody has looked at the wheel
// since long before. The price: timers fire in order of their slots, not within one.
//
// Late is safe, early is a bug: a timer never fires before its deadline.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "storage/chunked_array.h"

namespace pharox::engine {

// Not thread-safe.
class TimerWheel {
 public:
  using Ticks = std::uint64_t;
  using Handle = std::uint32_t;  // of a scheduled timer, until it fires or is cancelled

  explicit TimerWheel(Ticks start) : now_(start) {}

  // Fires once, when the wheel is advanced to `deadline` or beyond. `payload` is the caller's.
  Handle schedule(Ticks deadline, std::uint64_t payload);

  void cancel(Handle handle);
  void reserve(std::size_t size) { nodes_.reserve(size); }

  // Fires timers with deadline <= now through fire(payload), in at most `budget` steps (a step
  // moves or fires one timer). True when none is left that is due. `fire` may schedule and cancel.
  template <class Fire>
  bool advance(Ticks now, std::size_t budget, Fire&& fire) {
    while (step_toward(now)) {
      if (budget == 0) return false;
      --budget;
      if (const auto payload = move_or_take(now)) fire(*payload);
    }
    return true;
  }

  // No timer is due before this moment: a lower bound, exact to the slot that comes next.
  Ticks next_event() const;

  std::size_t size() const { return size_; }
  Ticks deadline(Handle handle) const { return nodes_[handle].deadline; }
  std::uint64_t payload(Handle handle) const { return nodes_[handle].payload; }

  // The first invariant violated, as text.
  std::optional<std::string> validate() const;

 private:
  static constexpr int kDigitBits = 6;
  static constexpr int kLevels = 11;
  static constexpr int kSlots = 1 << kDigitBits;
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint32_t kDueList = kLevels * kSlots;
  static constexpr std::uint32_t kFree = kDueList + 1;

  struct Node {
    Ticks deadline;
    std::uint64_t payload;
    std::uint32_t previous;
    std::uint32_t next;  // in its list, or in the free list
    std::uint32_t list;  // a slot's number, kDueList or kFree
  };
  struct List {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  // Makes sure that there is a timer to move or to fire at or before `now`; false when none is due.
  bool step_toward(Ticks now);
  // Takes a timer that is due out of the wheel, or moves one that is not.
  std::optional<std::uint64_t> move_or_take(Ticks now);

  std::uint32_t list_for(Ticks deadline) const;
  void link(Handle handle, std::uint32_t list);
  void unlink(Handle handle);
  void free_node(Handle handle);
  static Ticks slot_start(Ticks now, int level, int slot);
  int lowest_level() const;

  Ticks now_;
  std::size_t size_ = 0;
  std::uint32_t draining_ = kNone;  // the slot that was reached but not yet emptied
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<List, kLevels * kSlots + 1> lists_{};
  storage::ChunkedArray<Node, 1024> nodes_;
  std::uint32_t first_free_ = kNone;
};

}  // namespace pharox::engine
