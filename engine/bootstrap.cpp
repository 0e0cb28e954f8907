#include "pharox/bootstrap.h"

#include <utility>

#include "pharox/errors.h"

namespace pharox {

Consumer bootstrap_consumer(IStorage& storage, std::string_view name) {
  return {.id = storage.ensure_consumer(name), .name = std::string(name)};
}

ProxyPool bootstrap_pool(IStorage& storage, std::string_view name,
                         std::optional<std::string> description) {
  try {
    return storage.get_pool(name);
  } catch (const PoolNotFoundError&) {
  }
  ProxyPool pool{.name = std::string(name), .description = std::move(description)};
  try {
    storage.save_pool(pool);
  } catch (const DuplicateNameError&) {  // somebody else was faster
    return storage.get_pool(name);
  }
  return pool;
}

Proxy bootstrap_proxy(IStorage& storage, std::string_view pool_name, Proxy proxy) {
  proxy.pool_id = bootstrap_pool(storage, pool_name).id;
  storage.save_proxy(proxy);
  return storage.get_proxy(proxy.id);
}

}  // namespace pharox
