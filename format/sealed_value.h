// A value and its seal: the CRC-32C of the key and the value, 4 bytes, little-endian.
#pragma once

#include <string>
#include <string_view>

namespace pharox::format {

constexpr std::size_t kSealSize = 4;

// Appends the seal to `value`.
void seal(std::string_view key, std::string& value);

// The value without its seal. Throws InvalidArgumentError with the reason when the seal is missing
// or does not match.
std::string_view unseal(std::string_view key, std::string_view sealed);

}  // namespace pharox::format
