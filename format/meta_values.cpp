// The values of the table `meta`: too small and too plain for a FlatBuffer.
#include "format/codec.h"
#include "format/keys.h"
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

std::string encode(const BootAnchor& anchor) {
  std::string value =
      uuid_key(anchor.boot_id) +
      number_key(static_cast<std::uint64_t>(anchor.wall.time_since_epoch().count())) +
      number_key(static_cast<std::uint64_t>(anchor.since_boot.count()));
  seal(kBootAnchorKey, value);
  return value;
}

BootAnchor decode_boot_anchor(std::string_view key, std::string_view value) {
  constexpr std::size_t kIdSize = sizeof(Uuid::bytes);
  constexpr std::size_t kSpanSize = sizeof(std::uint64_t);
  return decode_plain(key, value, kIdSize + 2 * kSpanSize, [](std::string_view plain) {
    const auto span = [&](std::size_t at) {
      return Duration{static_cast<Duration::rep>(parse_number_key(plain.substr(at, kSpanSize)))};
    };
    BootAnchor anchor{.boot_id = parse_uuid_key(plain.substr(0, kIdSize)),
                      .wall = Timestamp{span(kIdSize)},
                      .since_boot = span(kIdSize + kSpanSize)};
    if (anchor.wall < kMinTimestamp || anchor.wall > kMaxTimestamp) {
      throw InvalidArgumentError("its wall time is out of range");
    }
    if (anchor.since_boot < Duration{0} || anchor.since_boot > kMaxTimestamp - kMinTimestamp) {
      throw InvalidArgumentError("its time since boot is out of range");
    }
    return anchor;
  });
}

}  // namespace pharox::format
