// An order of proxies in which bit planes answer "the first that is in this set".
//
// A B-tree with up to 64 entries a node: leaves hold ordinals, in order; inner nodes hold children.
// Beside each node stands one word a plane: in a leaf, bit i says whether the i-th entry is in the
// plane's set; in an inner node, whether anything below the i-th child is. So
//   - the first of a set is found by following the lowest bit from the root, four steps for a
//     million entries, whatever the size of the set and wherever its members are; an empty set is
//     seen at the root;
//   - an entry enters or leaves a set in as many steps, mostly one;
//   - an entry that moves in the order moves its bits along, by shifting words: nobody else is
//     renumbered.
// The words of a node lie side by side, so that moving an entry touches a few cache lines, not one
// for every plane.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/attribute_index.h"
#include "pharox/time.h"
#include "pharox/uuid.h"
#include "storage/chunked_array.h"

namespace pharox::engine {

// What proxies are ordered by, first to last. An order that does not ask for a field leaves it 0.
struct OrderKey {
  // Decides almost always, and is what the nodes of a tree hold: it must never contradict the order
  // of the fields behind it, but may be equal where they differ.
  std::uint64_t prefix = 0;
  std::uint32_t load = 0;
  Timestamp checked_at{};
  Uuid id{};

  friend auto operator<=>(const OrderKey&, const OrderKey&) = default;
};

// Not thread-safe.
class OrderTree {
 public:
  using Plane = std::uint32_t;
  using Planes = std::uint64_t;  // a set of planes: bit p for plane p
  static constexpr Plane kMaxPlanes = 64;
  using KeyOf = std::function<OrderKey(Ordinal)>;

  // `key_of` must give the same key for an ordinal from its insert to its erase.
  explicit OrderTree(KeyOf key_of);

  // `planes`: the sets that it is in.
  void insert(Ordinal ordinal, Planes planes);
  void erase(Ordinal ordinal);
  struct Entry {
    std::uint64_t prefix;  // of its key
    Ordinal ordinal;
  };
  // Replaces everything by these, which must be in order. Every set is empty then.
  void assign(std::span<const Entry> in_order);
  // Makes a set anew: `members`, by ordinal, says which entries are in it. Linear in the tree.
  void assign_plane(Plane plane, const std::vector<bool>& members);

  // Puts an entry into, or takes it out of, sets. It may be there, or not, already.
  void enter(Ordinal ordinal, Planes planes);
  void leave(Ordinal ordinal, Planes planes);
  // Empties a set, in time linear in the tree.
  void clear(Plane plane);

  // Called for several trees in a row, their cache misses overlap. Fetches what enter() and leave()
  // of this entry will look at.
  void prefetch_planes(Ordinal ordinal) const { prefetch_entries(leaf_of_[ordinal]); }
  // And what erase() of it will.
  void prefetch(Ordinal ordinal) const { prefetch_leaf(leaf_of_[ordinal]); }
  // The same of the leaf where an entry with this key is or would be.
  void prefetch(const OrderKey& key) const { prefetch_leaf(leaf_for(key)); }
  // Fetches what prefetch() of an entry itself looks at.
  void prefetch_place(Ordinal ordinal) const { __builtin_prefetch(&leaf_of_[ordinal]); }

  bool contains(Plane plane, Ordinal ordinal) const;
  bool empty(Plane plane) const;
  struct FirstTwo {
    std::optional<Ordinal> first{};
    std::optional<Ordinal> second{};  // where they share a leaf: it costs nothing to see, then
  };
  FirstTwo first_two(Plane plane) const;
  std::optional<Ordinal> last(Plane plane) const;
  // The first in the set whose key is not less than `key`.
  std::optional<Ordinal> first_from(Plane plane, const OrderKey& key) const;
  // The first in the set behind this entry.
  std::optional<Ordinal> next(Plane plane, Ordinal ordinal) const;

  std::size_t size() const { return size_; }
  // Up to `limit` entries whose keys are greater than `key`, in order.
  std::vector<Ordinal> entries_behind(const OrderKey& key, std::size_t limit) const;
  // The first violated invariant.
  std::optional<std::string> validate() const;

 private:
  using NodeId = std::uint32_t;
  using Word = std::uint64_t;
  static constexpr std::uint32_t kFanout = 64;
  static constexpr NodeId kNone = std::numeric_limits<NodeId>::max();
  // Neighbours that hold no more than this together become one.
  static constexpr std::uint32_t kMergeBelow = 40;

  struct Node {
    NodeId parent = kNone;
    std::uint32_t count = 0;
    // Of an inner node: entry i holds keys from keys[i] up to keys[i + 1]; keys[0] is never asked.
    std::unique_ptr<std::array<OrderKey, kFanout>> keys;
    std::array<std::uint32_t, kFanout> entries;   // ordinals, or NodeIds of children
    std::array<std::uint64_t, kFanout> prefixes;  // of the entries' keys

    bool is_leaf() const { return keys == nullptr; }
  };

  Word* words(NodeId node) { return &words_[std::size_t{node} * stride_]; }
  const Word* words(NodeId node) const { return &words_[std::size_t{node} * stride_]; }
  Word word(NodeId node, Plane plane) const {
    return plane < stride_ ? words_[std::size_t{node} * stride_ + plane] : 0;
  }

  NodeId new_node(bool leaf);
  void free_node(NodeId node);
  void require_planes(Planes planes);
  void prefetch_entries(NodeId leaf) const;
  void prefetch_leaf(NodeId leaf) const;
  void set_leaf(Ordinal ordinal, NodeId leaf);
  std::uint32_t slot_in(NodeId node, std::uint32_t entry) const;
  // Where a key belongs: among an inner node's children, or before which entry of a leaf.
  std::uint32_t child_for(const Node& node, const OrderKey& key) const;
  std::uint32_t place_in_leaf(const Node& leaf, const OrderKey& key) const;
  NodeId leaf_for(const OrderKey& key) const;

  NodeId leaf_behind(NodeId node) const;

  NodeId make_leaf(std::span<const Entry> entries);
  NodeId make_inner(std::span<const NodeId> children, const OrderKey* keys);
  // Makes a plane's words anew in a node and below; gives that of the node.
  Word fill(Plane plane, const std::vector<bool>& members, NodeId node);
  void open_slot(NodeId node, std::uint32_t slot, std::uint32_t entry, const OrderKey& key);
  void close_slot(NodeId node, std::uint32_t slot);
  NodeId split(NodeId node, std::uint32_t at);
  void move_tail(NodeId from, std::uint32_t at, NodeId to);
  void merge_with_neighbour(NodeId node);
  void drop_child(NodeId child);
  void shorten();
  // Replaces the key under which a child stands in its parent.
  void set_key(NodeId child, const OrderKey& key);
  // Makes the bits of a node in its ancestors agree with its words.
  void summarize(NodeId node);
  FirstTwo first_below(Plane plane, NodeId node) const;
  // The first in the set behind a slot of a node.
  std::optional<Ordinal> first_behind(Plane plane, NodeId node, std::uint32_t slot) const;
  std::optional<std::string> validate_node(NodeId node, std::vector<Ordinal>& in_order) const;

  const KeyOf key_of_;
  NodeId root_ = kNone;
  std::size_t size_ = 0;
  std::size_t stride_ = 1;  // words a node
  storage::ChunkedArray<Node> nodes_;
  storage::ChunkedArray<Word, 4096> words_;  // those of a node lie in one chunk
  std::vector<NodeId> free_;
  storage::ChunkedArray<NodeId, 4096> leaf_of_;  // by ordinal
};

}  // namespace pharox::engine
