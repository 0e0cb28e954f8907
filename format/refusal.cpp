#include "format/refusal.h"

#include "pharox/errors.h"

namespace pharox::format {

std::string in_quotes(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  constexpr std::size_t kShown = 64;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= ' ' && c <= '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  if (text.size() <= kShown) return out + '"';
  return out + "...\" (" + std::to_string(text.size()) + " bytes)";
}

void refuse(std::string_view field, std::string_view value, std::string_view rule) {
  std::string message(field);
  message.append(" is ").append(value).append("; it must ").append(rule);
  throw InvalidArgumentError(message);
}

}  // namespace pharox::format
