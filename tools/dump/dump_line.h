// The lines of a dump: what each says it is, in its member "type".
#pragma once

#include <string_view>

namespace pharox::tools {

constexpr std::string_view kStoreLine = "store";  // the first one: format_version, token_mark
constexpr std::string_view kPoolLine = "pool";
constexpr std::string_view kConsumerLine = "consumer";
constexpr std::string_view kProxyLine = "proxy";
constexpr std::string_view kLeaseLine = "lease";
constexpr std::string_view kEndedLeaseLine = "ended_lease";
constexpr std::string_view kHealthLine = "health";
constexpr std::string_view kCursorLine = "cursor";

}  // namespace pharox::tools
