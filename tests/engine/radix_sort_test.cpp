#include "engine/radix_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace pharox::tests {
namespace {

struct Numbered {
  std::uint64_t number;
  std::size_t place;

  friend bool operator==(const Numbered&, const Numbered&) = default;
};

// Numbers that differ in no byte, in some and in all; equal ones keep their order.
TEST(RadixSort, IsAStableSort) {
  std::mt19937_64 random(1);
  for (const std::uint64_t mask : {0ull, 0xffull, 0xff00ff0000ull, 0xf00000000000000full, ~0ull}) {
    for (const std::size_t count : {0, 1, 2, 1000}) {
      std::vector<Numbered> numbers;
      for (std::size_t i = 0; i < count; ++i) numbers.push_back({random() & mask, i});
      auto expected = numbers;
      std::ranges::stable_sort(expected, {}, &Numbered::number);
      engine::radix_sort(numbers, [](const Numbered& each) { return each.number; });
      EXPECT_EQ(numbers, expected) << std::hex << mask << " " << count;
    }
  }
}

}  // namespace
}  // namespace pharox::tests
