// The wording of every refusal: which field, its value, the rule it breaks.
//
// Values may come from anyone, so what is quoted is short and printable. A secret is never passed.
#pragma once

#include <string>
#include <string_view>

namespace pharox::format {

// `text` in quotes: other than printable ASCII as \xNN, and no more than its first 64 bytes.
std::string in_quotes(std::string_view text);

// Throws InvalidArgumentError: "<field> is <value>; it must <rule>".
[[noreturn]] void refuse(std::string_view field, std::string_view value, std::string_view rule);

}  // namespace pharox::format
