#include "storage/chunked_array.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace pharox::tests {
namespace {

using storage::ChunkedArray;

TEST(ChunkedArray, ElementsKeepTheirAddressesAndValues) {
  ChunkedArray<std::string, 4> array;
  std::vector<std::string*> addresses;
  for (int i = 0; i < 1000; ++i) {
    std::string& grown = array.grow();
    EXPECT_TRUE(grown.empty());
    grown = "a text too long for the short form, number " + std::to_string(i);
    addresses.push_back(&grown);
    if (i == 100) array.reserve(500);
  }
  ASSERT_EQ(array.size(), 1000u);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(&array[i], addresses[i]);
    EXPECT_TRUE(array[i].ends_with("number " + std::to_string(i)));
  }
}

TEST(ChunkedArray, DestroysWhatItHolds) {
  const auto counted = std::make_shared<int>(0);
  {
    ChunkedArray<std::shared_ptr<int>> array;
    for (int i = 0; i < 100; ++i) array.grow() = counted;
    array.clear();
    EXPECT_EQ(counted.use_count(), 1);
    EXPECT_EQ(array.size(), 0u);
    for (int i = 0; i < 10; ++i) array.grow() = counted;
    EXPECT_EQ(counted.use_count(), 11);
    ChunkedArray<std::shared_ptr<int>> moved = std::move(array);
    EXPECT_EQ(moved.size(), 10u);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(ChunkedArray, ElementsThatAskForItAreAligned) {
  struct alignas(64) Aligned {
    char bytes[128];
  };
  ChunkedArray<Aligned> array;
  array.reserve(100'000);  // large enough for pages of its own
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&array.grow()) % 64, 0u);
  }
}

}  // namespace
}  // namespace pharox::tests
