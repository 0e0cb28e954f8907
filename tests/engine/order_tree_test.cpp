#include "engine/order_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace pharox::engine {
namespace {

constexpr OrderTree::Plane kPlanes[] = {0, 1, 5, 40, 63};

// Against the obvious structure: an ordered set of keys, and a set of planes for each.
class OrderTreeModel {
 public:
  // Prefixes that decide nothing, or mostly.
  OrderTreeModel(std::uint64_t seed, bool with_prefixes)
      : random_(seed), with_prefixes_(with_prefixes) {}

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        insert();
        break;
      case 3:
        if (shrinking_ || random_() % 2) erase();
        break;
      case 4:
        toggle();
        break;
      case 5:
        if (random_() % 500 == 0) shrinking_ = !shrinking_;
        if (shrinking_) {
          for (int i = 0; i < 4; ++i) erase();
        }
        break;
      case 6:
        query();
        break;
      case 7:
        if (random_() % 2000 == 0) assign();
        break;
    }
  }

  void validate() const { ASSERT_EQ(tree_.validate(), std::nullopt); }

  // How often the first two of a set shared a leaf.
  int seconds() const { return seconds_; }

 private:
  OrderKey random_key() {
    OrderKey key{.load = static_cast<std::uint32_t>(random_() % 3)};
    // In order, mostly, as health checks come.
    key.checked_at = Timestamp{Duration{random_() % 3 ? ++clock_ : random_() % (clock_ + 1)}};
    for (auto& byte : key.id.bytes) byte = static_cast<std::uint8_t>(random_());
    if (random_() % 2) key.load = 0;
    if (with_prefixes_)
      key.prefix = std::uint64_t{key.load} << 32 | (key.checked_at.time_since_epoch().count() >> 3);
    return key;
  }

  OrderTree::Planes random_planes() {
    OrderTree::Planes planes = 0;
    for (const auto plane : kPlanes) {
      if (random_() % 3 == 0) planes |= OrderTree::Planes{1} << plane;
    }
    return planes;
  }

  Ordinal any() { return std::next(order_.begin(), long(random_() % order_.size()))->second; }

  void insert() {
    Ordinal ordinal = 0;
    if (free_.empty()) {
      ordinal = static_cast<Ordinal>(keys_.size());
      keys_.emplace_back();
      planes_.emplace_back();
    } else {
      ordinal = free_.back();
      free_.pop_back();
    }
    keys_[ordinal] = random_key();
    planes_[ordinal] = random_planes();
    order_.emplace(keys_[ordinal], ordinal);
    tree_.insert(ordinal, planes_[ordinal]);
  }

  void erase() {
    if (order_.empty()) return;
    const Ordinal ordinal = any();
    tree_.erase(ordinal);
    order_.erase({keys_[ordinal], ordinal});
    free_.push_back(ordinal);
  }

  void toggle() {
    if (order_.empty()) return;
    const Ordinal ordinal = any();
    const auto planes = random_planes();
    if (random_() % 2) {
      tree_.enter(ordinal, planes);
      planes_[ordinal] |= planes;
    } else {
      tree_.leave(ordinal, planes);
      planes_[ordinal] &= ~planes;
    }
    if (random_() % 1000 == 0) {
      tree_.clear(5);
      for (auto& set : planes_) set &= ~(OrderTree::Planes{1} << 5);
    }
  }

  void assign() {
    std::vector<OrderTree::Entry> in_order;
    for (const auto& [key, ordinal] : order_) in_order.push_back({key.prefix, ordinal});
    tree_.assign(in_order);
    const OrderTree::Plane kept = kPlanes[random_() % std::size(kPlanes)];
    std::vector<bool> members;
    for (auto& set : planes_) {
      set &= OrderTree::Planes{1} << kept;
      members.push_back(set != 0);
    }
    tree_.assign_plane(kept, members);
  }

  void query() {
    ASSERT_EQ(tree_.size(), order_.size());
    const auto key = random_key();
    for (const auto plane : kPlanes) {
      const auto in_set = [&](const auto& entry) {
        return (planes_[entry.second] >> plane & 1) != 0;
      };
      const auto find = [&](auto begin, auto end) -> std::optional<Ordinal> {
        const auto found = std::find_if(begin, end, in_set);
        return found == end ? std::nullopt : std::optional(found->second);
      };
      const auto [first, second] = tree_.first_two(plane);
      ASSERT_EQ(first, find(order_.begin(), order_.end()));
      ASSERT_EQ(tree_.last(plane), find(order_.rbegin(), order_.rend()));
      ASSERT_EQ(tree_.first_from(plane, key), find(order_.lower_bound({key, 0}), order_.end()));
      ASSERT_EQ(tree_.empty(plane), !first.has_value());
      if (second) {
        ASSERT_EQ(second, tree_.next(plane, *first));
        ++seconds_;
      }
      if (order_.empty()) continue;
      const Ordinal from = any();
      ASSERT_EQ(tree_.next(plane, from),
                find(order_.upper_bound({keys_[from], from}), order_.end()));
      ASSERT_EQ(tree_.contains(plane, from), in_set(std::pair(0, from)));
    }
  }

  std::mt19937_64 random_;
  const bool with_prefixes_;
  int seconds_ = 0;
  std::int64_t clock_ = 0;
  bool shrinking_ = false;
  std::vector<OrderKey> keys_;
  std::vector<OrderTree::Planes> planes_;
  std::vector<Ordinal> free_;
  std::set<std::pair<OrderKey, Ordinal>> order_;
  OrderTree tree_{[this](Ordinal ordinal) { return keys_[ordinal]; }};
};

TEST(OrderTree, BehavesAsAnOrderedSetUnderRandomOperations) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (const bool with_prefixes : {false, true}) {
    OrderTreeModel model(seed, with_prefixes);
    for (int step = 0; step < 50'000; ++step) {
      model.step();
      if (step % 1000 == 0) model.validate();
      if (testing::Test::HasFatalFailure()) FAIL() << "step " << step;
    }
    EXPECT_GT(model.seconds(), 10'000);
  }
}

}  // namespace
}  // namespace pharox::engine
