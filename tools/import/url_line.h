// Lines of URL lists.
//
//   scheme://host:port                  http, https, socks4, socks5, and socks5h, socks4a
//   scheme://user:password@host:port    user and password percent-encoded
//   host:port                           the scheme is then up to the caller
//   user:password@host:port
//   host:port:user:password             as they are, not percent-encoded; also behind a scheme
//
// IPv6 addresses stand in brackets. What follows the first white space is a remark; blank lines
// and lines that begin with # say nothing.
#pragma once

#include <optional>
#include <string_view>

#include "tools/import/import_row.h"

namespace pharox::tools {

// Empty for a line that says nothing. Throws InvalidArgumentError; its text holds no part of the
// line but its scheme, because every other part could be a password in the wrong place.
std::optional<ImportRow> parse_url_line(std::string_view line);

}  // namespace pharox::tools
