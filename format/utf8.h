// Well-formedness of UTF-8 (RFC 3629).
#pragma once

#include <string_view>

namespace pharox::format {

// True when `text` is well-formed: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace pharox::format
