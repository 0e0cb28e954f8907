#include "storage/id_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"

namespace pharox::tests {
namespace {

using storage::IdIndex;

// An index and what it must hold, by the obvious means.
class CheckedIndex {
 public:
  void insert(const Uuid& id) {
    const auto number = static_cast<std::uint32_t>(ids_.size());
    ids_.push_back(id);
    index_.insert(id, number);
    expected_[id] = number;
    here_.push_back(id);
  }
  void erase(std::size_t at) {
    std::swap(here_[at], here_.back());
    const Uuid id = here_.back();
    here_.pop_back();
    index_.erase(id, expected_.at(id));
    expected_.erase(id);
  }
  void reserve(std::size_t size) { index_.reserve(size); }

  bool holds(const Uuid& id) const { return expected_.contains(id); }
  std::size_t size() const { return here_.size(); }
  std::optional<std::uint32_t> find(const Uuid& id) const {
    return index_.find(id, [&](std::uint32_t number) -> const Uuid& { return ids_[number]; });
  }
  void check() const {
    ASSERT_EQ(index_.size(), expected_.size());
    ASSERT_EQ(index_.count_used_cells(), expected_.size());
    for (const auto& [id, number] : expected_) ASSERT_EQ(find(id), number);
    ASSERT_EQ(find(id_of(404)), std::nullopt);
  }

 private:
  IdIndex index_;
  std::vector<Uuid> ids_;
  std::vector<Uuid> here_;
  std::unordered_map<Uuid, std::uint32_t> expected_;
};

// In waves, so that it is seen growing at every fill, with cells on their way in between.
void follow_model(std::mt19937_64& random, const std::function<Uuid()>& make_id) {
  CheckedIndex index;
  for (int step = 0; step < 30'000; ++step) {
    const bool growing = step / 3'000 % 2 == 0;
    if (index.size() == 0 || random() % 10 < (growing ? 8u : 3u)) {
      const Uuid id = make_id();
      if (!index.holds(id)) index.insert(id);
    } else {
      index.erase(random() % index.size());
    }
    if (step % 5'000 == 0) index.reserve(2 * index.size());
    if (step % 200 == 0) index.check();
    if (testing::Test::HasFatalFailure()) FAIL() << "step " << step;
  }
}

TEST(IdIndex, FollowsAModelWithRandomIds) {
  std::mt19937_64 random(announced_seed());
  UuidGenerator ids(random());
  follow_model(random, [&] { return ids.v4(); });
}

TEST(IdIndex, FollowsAModelWithIdsOfOneMillisecond) {
  std::mt19937_64 random(announced_seed());
  UuidGenerator ids(random());
  follow_model(random, [&] { return ids.v7(kStart); });
}

TEST(IdIndex, FollowsAModelWithIdsThatAllLandTogether) {
  // Version 7, but alike where the index looks: all in one group. Slow, and right all the same.
  std::mt19937_64 random(announced_seed());
  std::uint64_t last = 0;
  follow_model(random, [&] {
    Uuid id = id_of(++last % 2'000);
    id.bytes[6] = 0x70;
    return id;
  });
}

// Ids of one span of version 7 share a cell, so they stand in one cluster; there are as many places
// for it as tries, and some lie over the end of the table when that begins to move.
TEST(IdIndex, AClusterMayLieAnywhereWhenItGrows) {
  for (std::uint64_t span = 0; span < 128; ++span) {
    SCOPED_TRACE("span " + std::to_string(span));
    CheckedIndex index;
    for (std::uint8_t each = 0; each < 40; ++each) {
      Uuid id = id_of(span);
      id.bytes[6] = 0x70;
      id.bytes[7] = static_cast<std::uint8_t>(span);
      id.bytes[8] = 0x80;
      std::fill(id.bytes.begin() + 9, id.bytes.end() - 1, std::uint8_t{0});
      id.bytes.back() = each;
      index.insert(id);
      ASSERT_NO_FATAL_FAILURE(index.check());
    }
  }
}

}  // namespace
}  // namespace pharox::tests
