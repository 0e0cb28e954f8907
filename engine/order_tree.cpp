#include "engine/order_tree.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/entry_search.h"

namespace pharox::engine {
namespace {

constexpr std::uint64_t bit(std::uint32_t slot) { return std::uint64_t{1} << slot; }
constexpr std::uint64_t below(std::uint32_t slot) { return bit(slot) - 1; }

// The word with a zero bit put in at `slot`, and with the bit at `slot` taken out.
constexpr std::uint64_t widen(std::uint64_t word, std::uint32_t slot) {
  return (word & below(slot)) | ((word & ~below(slot)) << 1);
}
constexpr std::uint64_t narrow(std::uint64_t word, std::uint32_t slot) {
  return (word & below(slot)) | ((word >> 1) & ~below(slot));
}

// How full assign() makes its nodes: room for a while of inserts anywhere before anything splits.
constexpr std::size_t kFill = 48;

void prefetch_lines(const void* from, const void* to) {
  constexpr std::size_t kCacheLine = 64;
  for (const auto* at = static_cast<const char*>(from); at < to; at += kCacheLine) {
    __builtin_prefetch(at);
  }
}

}  // namespace

OrderTree::OrderTree(KeyOf key_of) : key_of_(std::move(key_of)) { root_ = new_node(true); }

// -- Nodes --------------------------------------------------------------------------------------

OrderTree::NodeId OrderTree::new_node(bool leaf) {
  if (free_.empty()) {
    free_.push_back(static_cast<NodeId>(nodes_.size()));
    nodes_.grow();
    while (words_.size() < nodes_.size() * stride_) words_.grow();
  }
  const NodeId node = free_.back();
  free_.pop_back();
  nodes_[node].parent = kNone;
  nodes_[node].count = 0;
  nodes_[node].keys = leaf ? nullptr : std::make_unique<std::array<OrderKey, kFanout>>();
  std::fill_n(words(node), stride_, 0);
  return node;
}

void OrderTree::free_node(NodeId node) {
  nodes_[node].keys.reset();
  free_.push_back(node);
}

void OrderTree::require_planes(Planes planes) {
  const std::size_t needed = std::bit_width(planes);
  if (needed <= stride_) return;
  const std::size_t wider = std::bit_ceil(needed);
  storage::ChunkedArray<Word, 4096> moved;
  while (moved.size() < nodes_.size() * wider) moved.grow();
  for (NodeId node = 0; node < nodes_.size(); ++node) {
    std::copy_n(words(node), stride_, &moved[std::size_t{node} * wider]);
  }
  words_ = std::move(moved);
  stride_ = wider;
}

std::uint32_t OrderTree::slot_in(NodeId node, std::uint32_t entry) const {
  return place_of(entry, nodes_[node].entries);
}

void OrderTree::set_leaf(Ordinal ordinal, NodeId leaf) {
  while (leaf_of_.size() <= ordinal) leaf_of_.grow() = kNone;
  leaf_of_[ordinal] = leaf;
}

std::uint32_t OrderTree::child_for(const Node& node, const OrderKey& key) const {
  const auto first = node.prefixes.begin() + 1;
  const auto last = node.prefixes.begin() + node.count;
  auto [low, high] = std::equal_range(first, last, key.prefix);
  const auto before = node.keys->begin() + (low - node.prefixes.begin());
  const auto behind = node.keys->begin() + (high - node.prefixes.begin());
  return static_cast<std::uint32_t>(std::upper_bound(before, behind, key) - node.keys->begin()) - 1;
}

std::uint32_t OrderTree::place_in_leaf(const Node& leaf, const OrderKey& key) const {
  const auto first = leaf.prefixes.begin();
  const auto [low, high] = std::equal_range(first, first + leaf.count, key.prefix);
  const auto place = std::lower_bound(
      leaf.entries.begin() + (low - first), leaf.entries.begin() + (high - first), key,
      [&](Ordinal ordinal, const OrderKey& wanted) { return key_of_(ordinal) < wanted; });
  return static_cast<std::uint32_t>(place - leaf.entries.begin());
}

OrderTree::NodeId OrderTree::leaf_for(const OrderKey& key) const {
  NodeId node = root_;
  while (!nodes_[node].is_leaf()) node = nodes_[node].entries[child_for(nodes_[node], key)];
  return node;
}

void OrderTree::open_slot(NodeId id, std::uint32_t slot, std::uint32_t entry, const OrderKey& key) {
  Node& node = nodes_[id];
  const auto shift = [&](auto& array) {
    std::move_backward(array.begin() + slot, array.begin() + node.count,
                       array.begin() + node.count + 1);
  };
  shift(node.entries);
  node.entries[slot] = entry;
  shift(node.prefixes);
  node.prefixes[slot] = key.prefix;
  if (node.keys) {
    shift(*node.keys);
    (*node.keys)[slot] = key;
  }
  ++node.count;
  Word* const plane_words = words(id);
  for (std::size_t plane = 0; plane < stride_; ++plane) {
    plane_words[plane] = widen(plane_words[plane], slot);
  }
}

void OrderTree::close_slot(NodeId id, std::uint32_t slot) {
  Node& node = nodes_[id];
  const auto shift = [&](auto& array) {
    std::move(array.begin() + slot + 1, array.begin() + node.count, array.begin() + slot);
  };
  shift(node.entries);
  shift(node.prefixes);
  if (node.keys) shift(*node.keys);
  --node.count;
  Word* const plane_words = words(id);
  for (std::size_t plane = 0; plane < stride_; ++plane) {
    plane_words[plane] = narrow(plane_words[plane], slot);
  }
}

// Moves the entries of `from` from slot `at` on to the end of `to`.
void OrderTree::move_tail(NodeId from, std::uint32_t at, NodeId to) {
  Node& source = nodes_[from];
  Node& target = nodes_[to];
  const std::uint32_t moved = source.count - at;
  const auto move = [&](const auto& all, auto& into) {
    std::copy_n(all.begin() + at, moved, into.begin() + target.count);
  };
  move(source.entries, target.entries);
  move(source.prefixes, target.prefixes);
  if (source.keys) move(*source.keys, *target.keys);
  for (std::uint32_t i = 0; i < moved; ++i) {
    const std::uint32_t entry = source.entries[at + i];
    (source.is_leaf() ? leaf_of_[entry] : nodes_[entry].parent) = to;
  }
  Word* const source_words = words(from);
  Word* const target_words = words(to);
  for (std::size_t plane = 0; plane < stride_ && moved > 0; ++plane) {
    target_words[plane] |= (source_words[plane] >> at) << target.count;
    source_words[plane] &= at == 0 ? 0 : below(at);
  }
  target.count += moved;
  source.count = at;
}

// Splits a full node at a slot; returns the new right half. Its ancestors have room afterwards.
OrderTree::NodeId OrderTree::split(NodeId left, std::uint32_t at) {
  if (nodes_[left].parent == kNone) {
    const NodeId root = new_node(false);
    nodes_[left].parent = root;
    nodes_[root].entries[0] = left;
    nodes_[root].prefixes[0] = 0;
    nodes_[root].count = 1;
    root_ = root;
    summarize(left);
  } else if (nodes_[nodes_[left].parent].count == kFanout) {
    split(nodes_[left].parent, kFanout / 2);
  }
  const NodeId parent = nodes_[left].parent;
  const bool leaf = nodes_[left].is_leaf();
  const NodeId right = new_node(leaf);
  // An append leaves the left half full, and the right one empty with a key yet to come.
  OrderKey key{};
  if (at < nodes_[left].count) {
    key = leaf ? key_of_(nodes_[left].entries[at]) : (*nodes_[left].keys)[at];
  }
  move_tail(left, at, right);
  nodes_[right].parent = parent;
  open_slot(parent, slot_in(parent, left) + 1, right, key);
  summarize(left);
  summarize(right);
  return right;
}

void OrderTree::set_key(NodeId child, const OrderKey& key) {
  Node& parent = nodes_[nodes_[child].parent];
  const std::uint32_t slot = slot_in(nodes_[child].parent, child);
  (*parent.keys)[slot] = key;
  parent.prefixes[slot] = key.prefix;
}

void OrderTree::summarize(NodeId node) {
  for (NodeId parent = nodes_[node].parent; parent != kNone;
       node = parent, parent = nodes_[node].parent) {
    const Word slot = bit(slot_in(parent, node));
    bool changed = false;
    for (std::size_t plane = 0; plane < stride_; ++plane) {
      Word& summary = words(parent)[plane];
      const Word wanted = words(node)[plane] ? summary | slot : summary & ~slot;
      changed |= std::exchange(summary, wanted) != wanted;
    }
    if (!changed) return;
  }
}

void OrderTree::drop_child(NodeId child) {
  const NodeId parent = nodes_[child].parent;
  free_node(child);
  close_slot(parent, slot_in(parent, child));
  if (nodes_[parent].count == 0) {
    drop_child(parent);
  } else {
    summarize(parent);
  }
}

void OrderTree::shorten() {
  while (!nodes_[root_].is_leaf() && nodes_[root_].count == 1) {
    const NodeId child = nodes_[root_].entries[0];
    free_node(root_);
    root_ = child;
    nodes_[root_].parent = kNone;
  }
}

void OrderTree::merge_with_neighbour(NodeId node) {
  const NodeId parent = nodes_[node].parent;
  if (parent == kNone) return;
  const std::uint32_t slot = slot_in(parent, node);
  const auto neighbour = [&](std::uint32_t at) { return nodes_[parent].entries[at]; };
  NodeId left = kNone;
  NodeId right = kNone;
  if (slot + 1 < nodes_[parent].count) {
    left = node;
    right = neighbour(slot + 1);
  } else if (slot > 0) {
    left = neighbour(slot - 1);
    right = node;
  }
  if (left == kNone || nodes_[left].count + nodes_[right].count > kMergeBelow) {
    if (nodes_[node].count == 0) drop_child(node);
    return;
  }
  move_tail(right, 0, left);
  drop_child(right);
  summarize(left);
}

// -- Entries ------------------------------------------------------------------------------------

void OrderTree::insert(Ordinal ordinal, Planes planes) {
  const OrderKey key = key_of_(ordinal);
  NodeId leaf = leaf_for(key);
  std::uint32_t slot = place_in_leaf(nodes_[leaf], key);
  if (nodes_[leaf].count == kFanout) {
    // What comes in order, rising or falling, fills its leaves.
    const std::uint32_t at = slot == kFanout || slot == 0 ? slot : kFanout / 2;
    const NodeId right = split(leaf, at);
    if (slot >= at && slot != 0) {
      leaf = right;
      slot -= at;
      if (slot == 0) set_key(right, key);
    }
  }
  open_slot(leaf, slot, ordinal, key);
  set_leaf(ordinal, leaf);
  ++size_;
  enter(ordinal, planes);
}

void OrderTree::erase(Ordinal ordinal) {
  const NodeId leaf = std::exchange(leaf_of_[ordinal], kNone);
  close_slot(leaf, slot_in(leaf, ordinal));
  --size_;
  summarize(leaf);
  if (nodes_[leaf].count <= kMergeBelow / 2) {
    merge_with_neighbour(leaf);
    shorten();
  }
}

void OrderTree::assign(std::span<const Entry> in_order) {
  nodes_.clear();
  words_.clear();
  free_.clear();
  leaf_of_.clear();
  // With the inner nodes, and some to come.
  nodes_.reserve(in_order.size() / kFill * 17 / 16 + 1);
  leaf_of_.reserve(in_order.size());
  size_ = in_order.size();
  std::vector<NodeId> level;
  std::vector<OrderKey> keys;  // the first below each node of the level
  for (std::size_t i = 0; i < in_order.size() || level.empty(); i += kFill) {
    const auto part = in_order.subspan(i, std::min(kFill, in_order.size() - i));
    level.push_back(make_leaf(part));
    keys.push_back(part.empty() ? OrderKey{} : key_of_(part.front().ordinal));
  }
  while (level.size() > 1) {
    std::vector<NodeId> upper;
    std::vector<OrderKey> upper_keys;
    for (std::size_t i = 0; i < level.size(); i += kFill) {
      const std::size_t count = std::min(kFill, level.size() - i);
      upper.push_back(make_inner(std::span(level).subspan(i, count), &keys[i]));
      upper_keys.push_back(keys[i]);
    }
    level = std::move(upper);
    keys = std::move(upper_keys);
  }
  root_ = level.front();
}

OrderTree::NodeId OrderTree::make_leaf(std::span<const Entry> entries) {
  const NodeId leaf = new_node(true);
  Node& node = nodes_[leaf];
  for (const auto& [prefix, ordinal] : entries) {
    set_leaf(ordinal, leaf);
    node.prefixes[node.count] = prefix;
    node.entries[node.count++] = ordinal;
  }
  return leaf;
}

OrderTree::NodeId OrderTree::make_inner(std::span<const NodeId> children, const OrderKey* keys) {
  const NodeId inner = new_node(false);
  Node& node = nodes_[inner];
  for (const NodeId child : children) {
    nodes_[child].parent = inner;
    node.prefixes[node.count] = keys[node.count].prefix;
    (*node.keys)[node.count] = keys[node.count];
    node.entries[node.count++] = child;
  }
  return inner;
}

std::vector<Ordinal> OrderTree::entries_behind(const OrderKey& key, std::size_t limit) const {
  std::vector<Ordinal> found;
  NodeId leaf = leaf_for(key);
  std::uint32_t slot = place_in_leaf(nodes_[leaf], key);
  if (slot < nodes_[leaf].count && key_of_(nodes_[leaf].entries[slot]) == key) ++slot;
  while (leaf != kNone) {
    for (; slot < nodes_[leaf].count; ++slot) {
      if (found.size() == limit) return found;
      found.push_back(nodes_[leaf].entries[slot]);
    }
    leaf = leaf_behind(leaf);
    slot = 0;
  }
  return found;
}

OrderTree::NodeId OrderTree::leaf_behind(NodeId node) const {
  for (NodeId parent = nodes_[node].parent; parent != kNone;
       node = parent, parent = nodes_[node].parent) {
    const std::uint32_t slot = slot_in(parent, node) + 1;
    if (slot == nodes_[parent].count) continue;
    node = nodes_[parent].entries[slot];
    while (!nodes_[node].is_leaf()) node = nodes_[node].entries[0];
    return node;
  }
  return kNone;
}

// -- Sets ---------------------------------------------------------------------------------------

void OrderTree::enter(Ordinal ordinal, Planes planes) {
  require_planes(planes);
  const NodeId leaf = leaf_of_[ordinal];
  NodeId node = leaf;
  std::uint32_t entry = ordinal;
  // On each level, the planes whose word was empty go on to the next.
  while (planes != 0 && node != kNone) {
    const Word slot = bit(slot_in(node, entry));
    Word* const plane_words = words(node);
    for (Planes left = planes; left != 0; left &= left - 1) {
      const auto plane = static_cast<Plane>(std::countr_zero(left));
      if (std::exchange(plane_words[plane], plane_words[plane] | slot) != 0) {
        planes &= ~(Planes{1} << plane);
      }
    }
    entry = node;
    node = nodes_[node].parent;
  }
}

void OrderTree::leave(Ordinal ordinal, Planes planes) {
  if (stride_ < kMaxPlanes) planes &= (Planes{1} << stride_) - 1;
  NodeId node = leaf_of_[ordinal];
  std::uint32_t entry = ordinal;
  // On each level, the planes whose word became empty go on to the next.
  while (planes != 0 && node != kNone) {
    const Word slot = bit(slot_in(node, entry));
    Word* const plane_words = words(node);
    for (Planes left = planes; left != 0; left &= left - 1) {
      const auto plane = static_cast<Plane>(std::countr_zero(left));
      if ((plane_words[plane] &= ~slot) != 0) planes &= ~(Planes{1} << plane);
    }
    entry = node;
    node = nodes_[node].parent;
  }
}

void OrderTree::assign_plane(Plane plane, const std::vector<bool>& members) {
  require_planes(Planes{1} << plane);
  fill(plane, members, root_);
}

OrderTree::Word OrderTree::fill(Plane plane, const std::vector<bool>& members, NodeId node) {
  const bool is_leaf = nodes_[node].is_leaf();
  Word in_set = 0;
  for (std::uint32_t slot = 0; slot < nodes_[node].count; ++slot) {
    const std::uint32_t entry = nodes_[node].entries[slot];
    if (is_leaf ? members[entry] : fill(plane, members, entry) != 0) in_set |= bit(slot);
  }
  return words(node)[plane] = in_set;
}

void OrderTree::clear(Plane plane) {
  if (plane >= stride_) return;
  for (std::size_t at = plane; at < words_.size(); at += stride_) words_[at] = 0;
}

void OrderTree::prefetch_entries(NodeId leaf) const {
  prefetch_lines(&nodes_[leaf], nodes_[leaf].entries.data() + kFanout);
  __builtin_prefetch(words(leaf));
}

void OrderTree::prefetch_leaf(NodeId leaf) const {
  prefetch_entries(leaf);
  prefetch_lines(nodes_[leaf].prefixes.data(), nodes_[leaf].prefixes.data() + kFanout);
}

bool OrderTree::contains(Plane plane, Ordinal ordinal) const {
  if (ordinal >= leaf_of_.size() || leaf_of_[ordinal] == kNone) return false;
  const NodeId leaf = leaf_of_[ordinal];
  return (word(leaf, plane) & bit(slot_in(leaf, ordinal))) != 0;
}

bool OrderTree::empty(Plane plane) const { return word(root_, plane) == 0; }

OrderTree::FirstTwo OrderTree::first_below(Plane plane, NodeId node) const {
  for (;;) {
    const Word set = word(node, plane);
    if (set == 0) return {};
    const std::uint32_t entry = nodes_[node].entries[std::countr_zero(set)];
    if (!nodes_[node].is_leaf()) {
      node = entry;
      continue;
    }
    const Word others = set & (set - 1);
    if (others == 0) return {.first = entry};
    return {.first = entry, .second = nodes_[node].entries[std::countr_zero(others)]};
  }
}

OrderTree::FirstTwo OrderTree::first_two(Plane plane) const { return first_below(plane, root_); }

std::optional<Ordinal> OrderTree::last(Plane plane) const {
  for (NodeId node = root_;;) {
    const Word set = word(node, plane);
    if (set == 0) return std::nullopt;
    const std::uint32_t entry = nodes_[node].entries[63 - std::countl_zero(set)];
    if (nodes_[node].is_leaf()) return entry;
    node = entry;
  }
}

std::optional<Ordinal> OrderTree::first_behind(Plane plane, NodeId node, std::uint32_t slot) const {
  for (;;) {
    const Word behind = slot + 1 >= kFanout ? 0 : word(node, plane) & ~below(slot + 1);
    if (behind != 0) {
      const std::uint32_t entry = nodes_[node].entries[std::countr_zero(behind)];
      return nodes_[node].is_leaf() ? std::optional(entry) : first_below(plane, entry).first;
    }
    const NodeId parent = nodes_[node].parent;
    if (parent == kNone) return std::nullopt;
    slot = slot_in(parent, node);
    node = parent;
  }
}

std::optional<Ordinal> OrderTree::first_from(Plane plane, const OrderKey& key) const {
  const NodeId leaf = leaf_for(key);
  const std::uint32_t slot = place_in_leaf(nodes_[leaf], key);
  if (slot < nodes_[leaf].count && (word(leaf, plane) & bit(slot)) != 0) {
    return nodes_[leaf].entries[slot];
  }
  return slot == kFanout ? first_behind(plane, leaf, kFanout - 1) : first_behind(plane, leaf, slot);
}

std::optional<Ordinal> OrderTree::next(Plane plane, Ordinal ordinal) const {
  const NodeId leaf = leaf_of_[ordinal];
  return first_behind(plane, leaf, slot_in(leaf, ordinal));
}

// -- Invariants -----------------------------------------------------------------------------------

std::optional<std::string> OrderTree::validate_node(NodeId id,
                                                    std::vector<Ordinal>& in_order) const {
  const Node& node = nodes_[id];
  if (node.count > kFanout) return "order tree: a node holds too many entries";
  for (std::size_t plane = 0; plane < stride_; ++plane) {
    if (node.count < kFanout && (words(id)[plane] & ~below(node.count)) != 0) {
      return "order tree: bits beyond the entries";
    }
  }
  for (std::uint32_t slot = 0; slot < node.count; ++slot) {
    const OrderKey key = node.is_leaf() ? key_of_(node.entries[slot]) : (*node.keys)[slot];
    if (node.prefixes[slot] != key.prefix) return "order tree: a prefix is not its key's";
    if (node.is_leaf()) {
      if (leaf_of_[node.entries[slot]] != id) return "order tree: an entry is in another leaf";
      in_order.push_back(node.entries[slot]);
      continue;
    }
    const NodeId child = node.entries[slot];
    if (nodes_[child].parent != id) return "order tree: a child has another parent";
    if (nodes_[child].count == 0) return "order tree: an empty child";
    for (std::size_t plane = 0; plane < stride_; ++plane) {
      if ((words(child)[plane] != 0) != ((words(id)[plane] >> slot & 1) != 0)) {
        return "order tree: a summary is wrong";
      }
    }
    if (auto finding = validate_node(child, in_order)) return finding;
  }
  return std::nullopt;
}

std::optional<std::string> OrderTree::validate() const {
  std::vector<Ordinal> in_order;
  if (auto finding = validate_node(root_, in_order)) return finding;
  if (in_order.size() != size_) return "order tree: size is not the number of entries";
  for (std::size_t i = 1; i < in_order.size(); ++i) {
    if (!(key_of_(in_order[i - 1]) < key_of_(in_order[i]))) return "order tree: out of order";
  }
  for (const Ordinal ordinal : in_order) {
    if (leaf_for(key_of_(ordinal)) != leaf_of_[ordinal]) return "order tree: not found by its key";
  }
  return std::nullopt;
}

}  // namespace pharox::engine
