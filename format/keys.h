// Keys of the tables. Byte order of keys is the order of what they stand for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pharox/uuid.h"

namespace pharox::format {

// Sixteen bytes, as they are.
std::string uuid_key(const Uuid& id);
// The same for as long as the id is there.
std::string_view uuid_key_view(const Uuid& id);

// Eight bytes, big-endian.
std::string number_key(std::uint64_t number);

// In `meta`: kCursorPrefix and the pool's id.
std::string cursor_key(const Uuid& pool_id);

// The inverses. Throw CorruptionError naming the key when it has another shape.
Uuid parse_uuid_key(std::string_view key);
std::uint64_t parse_number_key(std::string_view key);
Uuid parse_cursor_key(std::string_view key);

// A key as text for messages: a UUID where it is one (also after kCursorPrefix), printable ASCII as
// it is, else hex.
std::string key_text(std::string_view key);

}  // namespace pharox::format
