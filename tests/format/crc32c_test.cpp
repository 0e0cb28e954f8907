#include "format/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace pharox::format {
namespace {

TEST(Crc32c, GivesTheKnownValues) {  // RFC 3720, section B.4
  for (const auto crc : {crc32c, crc32c_portable}) {
    EXPECT_EQ(crc("", 0), 0u);
    EXPECT_EQ(crc("123456789", 0), 0xe3069283u);
    EXPECT_EQ(crc(std::string(32, '\0'), 0), 0x8a9136aau);
    EXPECT_EQ(crc(std::string(32, '\xff'), 0), 0x62a8ab43u);
  }
}

TEST(Crc32c, BothWaysAgreeOnEveryLengthAndSplit) {
  std::mt19937 random(1);
  std::string bytes(100, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const std::string_view text(bytes.data(), length);
    const std::uint32_t whole = crc32c_portable(text);
    ASSERT_EQ(crc32c(text), whole);
    ASSERT_EQ(crc32c(text.substr(length / 3), crc32c(text.substr(0, length / 3))), whole);
  }
}

}  // namespace
}  // namespace pharox::format
