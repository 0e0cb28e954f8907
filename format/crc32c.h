// CRC-32C (Castagnoli), as in RFC 3720: the checksum of every stored value.
#pragma once

#include <cstdint>
#include <string_view>

namespace pharox::format {

// The checksum of what `previous` is the checksum of, followed by `bytes`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t previous = 0);

// The same without the processor's own instruction, for those that have none.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t previous = 0);

}  // namespace pharox::format
