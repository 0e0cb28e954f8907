#include "tools/import/stable_id.h"

#include <fmt/format.h>
#include <uuid/uuid.h>

#include <cassert>
#include <string>

namespace pharox::tools {

namespace {

// NEVER change: every imported proxy would get another id and be doubled by the next import.
constexpr uuid_t kNamespace = {0x5d, 0x1c, 0x7e, 0x0a, 0x93, 0x4b, 0x4e, 0x62,
                               0xa8, 0x0f, 0x2b, 0x66, 0xc4, 0x1d, 0x90, 0x37};

Uuid named(const std::string& name) {
  Uuid id;
  static_assert(sizeof(uuid_t) == sizeof(id.bytes));
  uuid_generate_sha1(id.bytes.data(), kNamespace, name.data(), name.size());
  return id;
}

}  // namespace

Uuid stable_pool_id(std::string_view pool_name) { return named(std::string(pool_name)); }

Uuid stable_proxy_id(std::string_view pool_name, const ImportRow& row) {
  assert(row.protocol);
  return named(fmt::format("{}\n{}\n{}\n{}\n{}", pool_name, to_string(*row.protocol), row.host,
                           row.port, row.user.value_or("")));
}

}  // namespace pharox::tools
