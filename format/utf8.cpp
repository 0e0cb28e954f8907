#include "format/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pharox::format {

namespace {

// The length of the well-formed sequence that `text` starts with, or 0. Unicode, table 3-7: the
// second byte's range depends on the first and is what rules out overlong forms, surrogates and
// anything above U+10FFFF.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < length) return 0;

  const std::uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

// A word at a time; the last one ends with the text, and may overlap the one before. Requires a
// text that is not shorter than a word.
template <class Word>
bool is_ascii_by(std::string_view text) {
  constexpr auto kHighBits = static_cast<Word>(0x8080808080808080);
  Word seen = 0;
  const auto look_at = [&](std::size_t at) {
    Word word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    seen |= word;
  };
  for (std::size_t at = 0; at + sizeof(Word) < text.size(); at += sizeof(Word)) look_at(at);
  look_at(text.size() - sizeof(Word));
  return (seen & kHighBits) == 0;
}

bool is_ascii(std::string_view text) {
  if (text.size() >= sizeof(std::uint64_t)) return is_ascii_by<std::uint64_t>(text);
  if (text.size() >= sizeof(std::uint16_t)) return is_ascii_by<std::uint16_t>(text);
  return text.empty() || is_ascii_by<std::uint8_t>(text);
}

}  // namespace

bool is_utf8(std::string_view text) {
  // Most texts are, and a million of them are looked at when a store is opened.
  if (is_ascii(text)) return true;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace pharox::format
