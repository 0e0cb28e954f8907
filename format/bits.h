// Bytes as numbers, and numbers spread.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace pharox::format {

// Eight bytes as a number, the most significant first: numbers in the order of their bytes.
inline std::uint64_t load_big_endian(const void* bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return std::endian::native == std::endian::big ? number : __builtin_bswap64(number);
}

inline void store_big_endian(std::uint64_t number, void* bytes) {
  if (std::endian::native != std::endian::big) number = __builtin_bswap64(number);
  std::memcpy(bytes, &number, sizeof(number));
}

// The finalizer of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
// generators"): each input bit changes half of the output bits.
inline std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

}  // namespace pharox::format
