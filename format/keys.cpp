#include "format/keys.h"

#include <algorithm>

#include "format/bits.h"
#include "format/persisted.h"
#include "pharox/errors.h"

namespace pharox::format {

namespace {

constexpr std::size_t kUuidSize = sizeof(Uuid::bytes);
constexpr std::size_t kNumberSize = 8;

Uuid uuid_from_bytes(std::string_view bytes) {
  Uuid id;
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

bool is_cursor_key(std::string_view key) {
  return key.size() == kCursorPrefix.size() + kUuidSize && key.starts_with(kCursorPrefix);
}

[[noreturn]] void wrong_shape(std::string_view key, std::string_view expected) {
  throw CorruptionError("key " + key_text(key) + " is not " + std::string(expected));
}

}  // namespace

std::string uuid_key(const Uuid& id) { return std::string(uuid_key_view(id)); }

std::string_view uuid_key_view(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::string number_key(std::uint64_t number) {
  std::string key(kNumberSize, '\0');
  store_big_endian(number, key.data());
  return key;
}

std::string cursor_key(const Uuid& pool_id) {
  return std::string(kCursorPrefix) + uuid_key(pool_id);
}

Uuid parse_uuid_key(std::string_view key) {
  if (key.size() != kUuidSize) wrong_shape(key, "a UUID of 16 bytes");
  return uuid_from_bytes(key);
}

std::uint64_t parse_number_key(std::string_view key) {
  if (key.size() != kNumberSize) wrong_shape(key, "a number of 8 bytes");
  return load_big_endian(key.data());
}

Uuid parse_cursor_key(std::string_view key) {
  if (!is_cursor_key(key)) wrong_shape(key, "that of a cursor");
  return uuid_from_bytes(key.substr(kCursorPrefix.size()));
}

std::string key_text(std::string_view key) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  if (key.size() == kUuidSize) return uuid_from_bytes(key).to_string();
  if (is_cursor_key(key)) return std::string(kCursorPrefix) + parse_cursor_key(key).to_string();
  if (std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return std::string(key);
  }
  std::string text;
  for (const char c : key) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 15];
  }
  return text;
}

}  // namespace pharox::format
