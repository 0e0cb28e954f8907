#include "format/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace pharox::format {
namespace {

// An independent encoder: the sequence of a code point, whether or not UTF-8 allows it.
std::string encoded(unsigned code, int length) {
  std::string text;
  for (int i = 1; i < length; ++i, code >>= 6) {
    text.insert(text.begin(), static_cast<char>(0x80 | (code & 0x3f)));
  }
  constexpr unsigned kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  text.insert(text.begin(), static_cast<char>(kLead[length] | code));
  return text;
}

int shortest(unsigned code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

TEST(Utf8, EveryCodePointButSurrogatesIsWellFormed) {
  for (unsigned code = 0; code < 0x110000; ++code) {
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    ASSERT_EQ(is_utf8(encoded(code, shortest(code))), !surrogate) << std::hex << code;
  }
}

TEST(Utf8, OverlongFormsAreNot) {
  for (unsigned code = 0; code < 0x10000; ++code) {
    for (int length = shortest(code) + 1; length <= 4; ++length) {
      ASSERT_FALSE(is_utf8(encoded(code, length))) << std::hex << code << " in " << length;
    }
  }
}

TEST(Utf8, NothingAboveTheLastCodePointIs) {
  EXPECT_FALSE(is_utf8(encoded(0x110000, 4)));
  EXPECT_FALSE(is_utf8(encoded(0x1fffff, 4)));
  for (const char lead : {'\xf5', '\xf8', '\xfc', '\xfe', '\xff'}) {
    EXPECT_FALSE(is_utf8(lead + std::string(3, '\x80')));
  }
}

TEST(Utf8, CutSequencesAreNot) {
  for (const unsigned code : {0xe9u, 0x20acu, 0x1f600u}) {
    const std::string whole = encoded(code, shortest(code));
    for (std::size_t n = 1; n < whole.size(); ++n) {
      EXPECT_FALSE(is_utf8(whole.substr(0, n)));
      EXPECT_FALSE(is_utf8(whole.substr(0, n) + "a"));
      EXPECT_FALSE(is_utf8(whole.substr(n)));
    }
  }
}

TEST(Utf8, EmptyAndMixedTextsAre) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_utf8("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80!"));
}

}  // namespace
}  // namespace pharox::format
