// The bytes of every released format, as files: each must be read forever, and the current format
// must be written exactly so. A file that no longer matches is a broken promise, not a stale file.
#include <gtest/gtest.h>

#include <fstream>

#include "format/codec.h"
#include "format/keys.h"
#include "format/persisted.h"
#include "sample_records.h"

namespace pharox::format::testing {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The hexadecimal digits of a file, as bytes; line ends are for the reader only.
std::string golden(const std::string& name) {
  std::ifstream file(std::string(PHAROX_GOLDEN_DIR) + "/" + name);
  EXPECT_TRUE(file) << name << " is missing";
  std::string bytes, line;
  while (file >> line) {
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

void expect_bytes(const std::string& encoded, const std::string& stored) {
  EXPECT_EQ(hex(encoded), hex(stored));
}

TEST(GoldenV1, FullPool) {
  const std::string bytes = golden("v1/pool.hex");
  EXPECT_EQ(decode_pool(uuid_key(id_of(1)), bytes), full_pool());
  expect_bytes(encode(full_pool()), bytes);
}

TEST(GoldenV1, Consumer) {
  const std::string bytes = golden("v1/consumer.hex");
  EXPECT_EQ(decode_consumer(uuid_key(id_of(2)), bytes), full_consumer());
  expect_bytes(encode(full_consumer()), bytes);
}

TEST(GoldenV1, FullProxy) {
  const std::string bytes = golden("v1/proxy_full.hex");
  EXPECT_EQ(decode_proxy(uuid_key(id_of(3)), bytes), full_proxy());
  expect_bytes(encode(full_proxy()), bytes);
}

TEST(GoldenV1, BareProxy) {
  const std::string bytes = golden("v1/proxy_bare.hex");
  EXPECT_EQ(decode_proxy(uuid_key(id_of(3)), bytes), bare_proxy());
  expect_bytes(encode(bare_proxy()), bytes);
}

TEST(GoldenV1, ActiveLease) {
  const std::string bytes = golden("v1/lease_active.hex");
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), bytes), LeaseRow{active_lease()});
  expect_bytes(encode(active_lease()), bytes);
}

TEST(GoldenV1, EndedLease) {
  const std::string bytes = golden("v1/lease_ended.hex");
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), bytes), (LeaseRow{ended_lease(), 77}));
  expect_bytes(encode(ended_lease(), 77), bytes);
}

TEST(GoldenV1, FullHealth) {
  const std::string bytes = golden("v1/health.hex");
  EXPECT_EQ(decode_health(uuid_key(id_of(3)), bytes), full_health());
  expect_bytes(encode(full_health()), bytes);
}

TEST(GoldenV1, MetaValues) {
  const std::string number = golden("v1/meta_number.hex");
  EXPECT_EQ(decode_number(kTokenMarkKey, number), 0x0102030405060708u);
  expect_bytes(encode_number(kTokenMarkKey, 0x0102030405060708), number);

  const std::string cursor = golden("v1/meta_cursor.hex");
  EXPECT_EQ(decode_cursor(cursor_key(id_of(1)), cursor), id_of(3));
  expect_bytes(encode_cursor(id_of(1), id_of(3)), cursor);

  const std::string anchor = golden("v1/meta_boot_anchor.hex");
  EXPECT_EQ(decode_boot_anchor(kBootAnchorKey, anchor), boot_anchor());
  expect_bytes(encode(boot_anchor()), anchor);
}

}  // namespace
}  // namespace pharox::format::testing
