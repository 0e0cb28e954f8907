#include "format/crc32c.h"

#include <array>
#include <cstring>

namespace pharox::format {

namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // bits reversed

// tables[k][b]: the effect of byte b when k more bytes follow it. So eight bytes take eight
// look-ups that do not wait for each other ("slicing by 8").
constexpr auto kByteTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t crc = tables[k - 1][b];
      tables[k][b] = crc >> 8 ^ tables[0][crc & 255];
    }
  }
  return tables;
}();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t previous) {
  std::uint64_t crc = ~previous;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), 8);
    crc = __builtin_ia32_crc32di(crc, word);
  }
  auto crc32 = static_cast<std::uint32_t>(crc);
  for (const char c : bytes) crc32 = __builtin_ia32_crc32qi(crc32, static_cast<std::uint8_t>(c));
  return ~crc32;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t previous) {
  std::uint32_t crc = ~previous;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    crc = kByteTables[7][(crc & 255) ^ byte(0)] ^ kByteTables[6][(crc >> 8 & 255) ^ byte(1)] ^
          kByteTables[5][(crc >> 16 & 255) ^ byte(2)] ^ kByteTables[4][(crc >> 24) ^ byte(3)] ^
          kByteTables[3][byte(4)] ^ kByteTables[2][byte(5)] ^ kByteTables[1][byte(6)] ^
          kByteTables[0][byte(7)];
  }
  for (const char c : bytes)
    crc = crc >> 8 ^ kByteTables[0][(crc ^ static_cast<std::uint8_t>(c)) & 255];
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t previous) {
#if defined(__x86_64__)
  static const bool has_sse42 = __builtin_cpu_supports("sse4.2");
  if (has_sse42) return crc32c_sse42(bytes, previous);
#endif
  return crc32c_portable(bytes, previous);
}

}  // namespace pharox::format
