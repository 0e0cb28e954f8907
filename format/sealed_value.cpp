#include "format/sealed_value.h"

#include <array>
#include <cstdint>

#include "format/crc32c.h"
#include "pharox/errors.h"

namespace pharox::format {

void seal(std::string_view key, std::string& value) {
  std::uint32_t checksum = crc32c(value, crc32c(key));
  std::array<char, kSealSize> bytes;
  for (char& byte : bytes) {
    byte = static_cast<char>(checksum);
    checksum >>= 8;
  }
  value.append(bytes.data(), bytes.size());
}

std::string_view unseal(std::string_view key, std::string_view sealed) {
  if (sealed.size() < kSealSize) {
    throw InvalidArgumentError("only " + std::to_string(sealed.size()) + " bytes long");
  }
  const std::string_view value = sealed.substr(0, sealed.size() - kSealSize);
  std::uint32_t stored = 0;
  for (std::size_t i = kSealSize; i > 0; --i) {
    stored = stored << 8 | static_cast<std::uint8_t>(sealed[value.size() + i - 1]);
  }
  if (stored != crc32c(value, crc32c(key))) {
    throw InvalidArgumentError("checksum does not match");
  }
  return value;
}

}  // namespace pharox::format
