// UUIDs (RFC 9562): the ids of every record.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "pharox/time.h"

namespace pharox {

// Sixteen bytes, compared as bytes. The default is the nil UUID, which no record may have.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  // A random id (version 4) from a generator that belongs to the calling thread.
  static Uuid random();

  // Reads "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10", in either case. Empty when it is anything else.
  static std::optional<Uuid> parse(std::string_view text);

  // The lower-case form with hyphens.
  std::string to_string() const;

  bool is_nil() const { return *this == Uuid{}; }
  int version() const { return bytes[6] >> 4; }

  // The first and the last eight bytes as numbers, the most significant byte first.
  std::uint64_t high() const { return number_at(0); }
  std::uint64_t low() const { return number_at(8); }

  friend bool operator==(const Uuid& a, const Uuid& b) {
    return a.high() == b.high() && a.low() == b.low();
  }
  friend std::strong_ordering operator<=>(const Uuid& a, const Uuid& b) {
    if (const auto order = a.high() <=> b.high(); order != 0) return order;
    return a.low() <=> b.low();
  }

 private:
  std::uint64_t number_at(std::size_t at) const {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof(number));
    return std::endian::native == std::endian::big ? number : __builtin_bswap64(number);
  }
};

// Makes ids from a seed. Not thread-safe.
class UuidGenerator {
 public:
  explicit UuidGenerator(std::uint64_t seed) : random_(seed) {}

  // Version 4: 122 random bits.
  Uuid v4();

  // Version 7: the milliseconds of `now`, then random bits. Each is greater than every one that
  // this generator made or saw before, whatever the clock does: when the clock has not moved on,
  // it is the last one plus a small random step (RFC 9562, section 6.2, method 2).
  Uuid v7(Timestamp now);

  // Makes every later v7 greater than `id` too.
  void observe(const Uuid& id);

 private:
  std::mt19937_64 random_;
  Uuid last_v7_{};
};

}  // namespace pharox

template <>
struct std::hash<pharox::Uuid> {
  // Ids may be sequential or chosen by others, so both halves are mixed.
  std::size_t operator()(const pharox::Uuid& id) const noexcept;
};
