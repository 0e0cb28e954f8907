// Which proxies carry each value of one attribute: a dictionary of values, each with the bitmap of
// the ordinals that have it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <roaring/roaring.hh>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/group_by.h"

namespace pharox::engine {

using Ordinal = std::uint32_t;  // of a proxy within its pool
using ValueId = std::uint32_t;  // of a value within its attribute

constexpr ValueId kNoValue = std::numeric_limits<ValueId>::max();

// Not thread-safe. A value lives as long as a proxy carries it; its id is then used again.
template <class Value>
class AttributeIndex {
 public:
  // The id of a value, which gets one when it has none. Somebody must then carry it.
  ValueId intern(const Value& value) {
    auto [found, is_new] = ids_.try_emplace(value, kNoValue);
    if (is_new) found->second = new_entry(&found->first);
    return found->second;
  }

  // Notes that `ordinal` carries the value.
  void add(ValueId id, Ordinal ordinal) { entries_[id].ordinals.add(ordinal); }

  // The same for many: value_of(ordinal) is the id, or kNoValue.
  template <class ValueOf>
  void add_all(std::span<const Ordinal> ordinals, const ValueOf& value_of) {
    for_each_group(ordinals, entries_.size(), value_of, [&](std::size_t id, const auto& members) {
      entries_[id].ordinals.addMany(members.size(), members.data());
    });
  }

  void remove(ValueId id, Ordinal ordinal) {
    Entry& entry = entries_[id];
    entry.ordinals.remove(ordinal);
    if (!entry.ordinals.isEmpty()) return;
    ++changes_;
    ids_.erase(ids_.find(*entry.value));
    entry.value = nullptr;
    free_.push_back(id);
  }

  // kNoValue when no proxy carries it.
  ValueId find(const Value& value) const {
    const auto found = ids_.find(value);
    return found == ids_.end() ? kNoValue : found->second;
  }

  const Value& value(ValueId id) const { return *entries_[id].value; }
  const Roaring& ordinals(ValueId id) const { return entries_[id].ordinals; }

  // How often a value has got an id or lost it.
  std::uint64_t changes() const { return changes_; }

  // The sum of the bitmaps' sizes.
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Entry& entry : entries_) sum += entry.ordinals.cardinality();
    return sum;
  }

 private:
  struct Entry {
    const Value* value = nullptr;  // the key in ids_, which does not move
    Roaring ordinals;
  };

  ValueId new_entry(const Value* value) {
    ++changes_;
    if (free_.empty()) {
      free_.push_back(static_cast<ValueId>(entries_.size()));
      entries_.emplace_back();
    }
    const ValueId id = free_.back();
    free_.pop_back();
    entries_[id].value = value;
    return id;
  }

  std::unordered_map<Value, ValueId> ids_;
  std::vector<Entry> entries_;
  std::vector<ValueId> free_;
  std::uint64_t changes_ = 0;
};

}  // namespace pharox::engine
