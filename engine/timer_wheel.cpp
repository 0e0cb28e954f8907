#include "engine/timer_wheel.h"

#include <bit>
#include <cassert>

namespace pharox::engine {

TimerWheel::Ticks TimerWheel::slot_start(Ticks now, int level, int slot) {
  const int shift = level * kDigitBits;
  const int above = shift + kDigitBits;
  const Ticks upper = above < 64 ? (now >> above) << above : 0;
  return upper | (static_cast<Ticks>(slot) << shift);
}

std::uint32_t TimerWheel::list_for(Ticks deadline) const {
  if (deadline <= now_) return kDueList;
  const int level = (63 - std::countl_zero(deadline ^ now_)) / kDigitBits;
  const auto slot = static_cast<std::uint32_t>(deadline >> (level * kDigitBits)) % kSlots;
  return static_cast<std::uint32_t>(level) * kSlots + slot;
}

void TimerWheel::link(Handle handle, std::uint32_t list) {
  Node& node = nodes_[handle];
  List& ends = lists_[list];
  node.list = list;
  node.previous = ends.last;
  node.next = kNone;
  (ends.last == kNone ? ends.first : nodes_[ends.last].next) = handle;
  ends.last = handle;
  if (list != kDueList) occupied_[list / kSlots] |= std::uint64_t{1} << (list % kSlots);
}

void TimerWheel::unlink(Handle handle) {
  const Node& node = nodes_[handle];
  List& ends = lists_[node.list];
  (node.previous == kNone ? ends.first : nodes_[node.previous].next) = node.next;
  (node.next == kNone ? ends.last : nodes_[node.next].previous) = node.previous;
  if (ends.first != kNone || node.list == kDueList) return;
  occupied_[node.list / kSlots] &= ~(std::uint64_t{1} << (node.list % kSlots));
  if (draining_ == node.list) draining_ = kNone;
}

void TimerWheel::free_node(Handle handle) {
  nodes_[handle].list = kFree;
  nodes_[handle].next = first_free_;
  first_free_ = handle;
  --size_;
}

TimerWheel::Handle TimerWheel::schedule(Ticks deadline, std::uint64_t payload) {
  Handle handle = first_free_;
  if (handle == kNone) {
    handle = static_cast<Handle>(nodes_.size());
    nodes_.grow();
  } else {
    first_free_ = nodes_[handle].next;
  }
  nodes_[handle].deadline = deadline;
  nodes_[handle].payload = payload;
  link(handle, list_for(deadline));
  ++size_;
  return handle;
}

void TimerWheel::cancel(Handle handle) {
  assert(nodes_[handle].list != kFree);
  unlink(handle);
  free_node(handle);
}

int TimerWheel::lowest_level() const {
  for (int level = 0; level < kLevels; ++level) {
    if (occupied_[level] != 0) return level;
  }
  return kLevels;
}

bool TimerWheel::step_toward(Ticks now) {
  if (lists_[kDueList].first != kNone || draining_ != kNone) return true;
  if (now <= now_) return false;
  const int level = lowest_level();
  if (level < kLevels) {
    const int slot = std::countr_zero(occupied_[level]);
    const Ticks start = slot_start(now_, level, slot);
    if (start <= now) {
      now_ = start;
      draining_ = static_cast<std::uint32_t>(level * kSlots + slot);
      return true;
    }
  }
  now_ = now;
  return false;
}

std::optional<std::uint64_t> TimerWheel::move_or_take(Ticks now) {
  const Handle due = lists_[kDueList].first;
  const Handle handle = due != kNone ? due : lists_[draining_].first;
  const Node& node = nodes_[handle];
  if (node.deadline <= now) {
    const std::uint64_t payload = node.payload;
    cancel(handle);
    return payload;
  }
  unlink(handle);
  link(handle, list_for(node.deadline));
  return std::nullopt;
}

TimerWheel::Ticks TimerWheel::next_event() const {
  if (lists_[kDueList].first != kNone || draining_ != kNone) return now_;
  const int level = lowest_level();
  if (level == kLevels) return std::numeric_limits<Ticks>::max();
  return slot_start(now_, level, std::countr_zero(occupied_[level]));
}

std::optional<std::string> TimerWheel::validate() const {
  std::size_t found = 0;
  for (std::uint32_t list = 0; list <= kDueList; ++list) {
    const bool empty = lists_[list].first == kNone;
    if (list != kDueList &&
        empty == static_cast<bool>(occupied_[list / kSlots] >> (list % kSlots) & 1)) {
      return "timer wheel: the occupied bit of slot " + std::to_string(list) + " is wrong";
    }
    for (std::uint32_t at = lists_[list].first; at != kNone; at = nodes_[at].next, ++found) {
      if (found > nodes_.size()) return "timer wheel: a list runs in a circle";
      if (nodes_[at].list != list) return "timer wheel: a timer is in another list than it says";
      if (list != draining_ && list_for(nodes_[at].deadline) != list) {
        return "timer wheel: a timer with deadline " + std::to_string(nodes_[at].deadline) +
               " is in the wrong slot at " + std::to_string(now_);
      }
    }
  }
  if (found != size_) return "timer wheel: size is not the number of timers";
  return std::nullopt;
}

}  // namespace pharox::engine
