// Pieces of RocksDB's file formats that we read ourselves.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "format/crc32c.h"

namespace pharox::storage {

// A checksum that may itself be in what another one covers is stored rotated, with a constant
// added.
inline std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(format::crc32c(bytes), 15) + 0xa282ead8u;
}

// Little-endian. Requires the bytes to be there.
template <class Number>
Number number_at(std::string_view bytes, std::size_t offset) {
  static_assert(std::endian::native == std::endian::little);
  Number number = 0;
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

}  // namespace pharox::storage
