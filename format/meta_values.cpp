// The values of the table `meta`: too small and too plain for a FlatBuffer.
#include "format/codec.h"
#include "format/record_buffer.h"

namespace pharox::format {

namespace {

// The unsealed value, of the size that `parse` reads.
template <typename Parse>
auto decode_plain(std::string_view key, std::string_view value, std::size_t size, Parse parse) {
  return reading(Table::meta, key, [&] {
    const std::string_view plain = unseal(key, value);
    if (plain.size() != size) {
      throw InvalidArgumentError("holds " + std::to_string(plain.size()) + " bytes instead of " +
                                 std::to_string(size));
    }
    return parse(plain);
  });
}

}  // namespace

std::string encode_number(std::string_view key, std::uint64_t number) {
  std::string value = number_key(number);
  seal(key, value);
  return value;
}

std::uint64_t decode_number(std::string_view key, std::string_view value) {
  return decode_plain(key, value, sizeof(std::uint64_t), parse_number_key);
}

std::string encode_cursor(const Uuid& pool_id, const Uuid& last_chosen) {
  std::string value = uuid_key(last_chosen);
  seal(cursor_key(pool_id), value);
  return value;
}

Uuid decode_cursor(std::string_view key, std::string_view value) {
  return decode_plain(key, value, sizeof(Uuid::bytes), parse_uuid_key);
}

}  // namespace pharox::format
