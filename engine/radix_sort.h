// Sorting by a number, least significant byte first.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace pharox::engine {

// Sorts by the 64-bit number that key_of(element) gives; elements with the same number keep their
// order. O(n) for each byte of the numbers that is not the same in all of them.
template <class Element, class KeyOf>
void radix_sort(std::vector<Element>& elements, const KeyOf& key_of) {
  constexpr int kDigitBits = 8;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  std::uint64_t differing = 0;
  for (const Element& each : elements) differing |= key_of(each) ^ key_of(elements.front());

  std::vector<Element> sorted(elements.size());
  for (int shift = 0; shift < 64; shift += kDigitBits) {
    if ((differing >> shift) % kDigits == 0) continue;
    const auto digit_of = [&](const Element& each) { return (key_of(each) >> shift) % kDigits; };
    std::array<std::size_t, kDigits + 1> begin{};
    for (const Element& each : elements) ++begin[digit_of(each) + 1];
    for (std::size_t digit = 1; digit < kDigits; ++digit) begin[digit] += begin[digit - 1];
    for (const Element& each : elements) sorted[begin[digit_of(each)]++] = each;
    std::swap(elements, sorted);
  }
}

}  // namespace pharox::engine
