#include "format/keys.h"

#include <gtest/gtest.h>

#include <random>

#include "format/persisted.h"
#include "pharox/errors.h"
#include "refusal_of.h"

namespace pharox::format {
namespace {

using testing::message_of;

TEST(Keys, UuidKeysRoundTripAndKeepOrder) {
  UuidGenerator generator(1);
  Uuid last = generator.v4();
  for (int i = 0; i < 1'000; ++i) {
    const Uuid id = generator.v4();
    ASSERT_EQ(parse_uuid_key(uuid_key(id)), id);
    ASSERT_EQ(uuid_key(last) < uuid_key(id), last < id);
    last = id;
  }
}

TEST(Keys, NumberKeysRoundTripAndKeepOrder) {
  std::mt19937_64 random(1);
  std::uint64_t last = 0;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint64_t number = random() >> (i % 64);
    ASSERT_EQ(parse_number_key(number_key(number)), number);
    ASSERT_EQ(number_key(last) < number_key(number), last < number);
    last = number;
  }
  EXPECT_EQ(number_key(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(parse_number_key(std::string(8, '\xff')), ~std::uint64_t{0});
}

TEST(Keys, CursorKeysRoundTrip) {
  const Uuid id = UuidGenerator(1).v4();
  EXPECT_TRUE(cursor_key(id).starts_with(kCursorPrefix));
  EXPECT_EQ(parse_cursor_key(cursor_key(id)), id);
}

TEST(Keys, OtherShapesAreCorruption) {
  const auto corrupt = [](auto parse, const std::string& key) {
    return message_of<CorruptionError>([&] { parse(key); });
  };
  EXPECT_EQ(corrupt(parse_uuid_key, "abc"), "key abc is not a UUID of 16 bytes");
  EXPECT_EQ(corrupt(parse_number_key, std::string("\0\1", 2)),
            "key 0001 is not a number of 8 bytes");
  EXPECT_EQ(corrupt(parse_cursor_key, "cursor/short"), "key cursor/short is not that of a cursor");
  EXPECT_EQ(corrupt(parse_cursor_key, "cursor_" + std::string(16, 'x')),
            "key cursor_xxxxxxxxxxxxxxxx is not that of a cursor");
}

TEST(Keys, TextShowsWhatAKeyIs) {
  const Uuid id = *Uuid::parse("0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10");
  EXPECT_EQ(key_text(uuid_key(id)), id.to_string());
  EXPECT_EQ(key_text(cursor_key(id)), "cursor/" + id.to_string());
  EXPECT_EQ(key_text(kTokenMarkKey), "token_mark");
  EXPECT_EQ(key_text(number_key(258)), "0000000000000102");
  EXPECT_EQ(key_text(""), "");
}

TEST(Persisted, EachTableHasItsNameAtItsPlace) {
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(kTables[i].table), i);
    EXPECT_EQ(table_name(kTables[i].table), kTables[i].name);
  }
}

}  // namespace
}  // namespace pharox::format
