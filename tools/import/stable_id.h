// Ids that depend on nothing but what they stand for, so that a list imported twice gives the same
// proxies. UUIDs of version 5 (RFC 9562); the SHA-1 in them is libuuid's.
#pragma once

#include <string_view>

#include "pharox/uuid.h"
#include "tools/import/import_row.h"

namespace pharox::tools {

Uuid stable_pool_id(std::string_view pool_name);

// From the pool's name, protocol, host, port and user. Requires a complete row.
Uuid stable_proxy_id(std::string_view pool_name, const ImportRow& row);

}  // namespace pharox::tools
