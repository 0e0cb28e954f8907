// Helpers that set up a store: idempotent, for the first lines of a program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pharox/storage.h"

namespace pharox {

// The consumer with this name, created when missing.
Consumer bootstrap_consumer(IStorage& storage, std::string_view name);

// The pool with this name, created when missing. The description of one that exists stays.
ProxyPool bootstrap_pool(IStorage& storage, std::string_view name,
                         std::optional<std::string> description = {});

// Saves the proxy into the pool of this name, which is created when missing. Returns it as saved.
Proxy bootstrap_proxy(IStorage& storage, std::string_view pool_name, Proxy proxy);

}  // namespace pharox
