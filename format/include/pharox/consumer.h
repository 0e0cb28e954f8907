// A consumer: a named party that leases proxies.
#pragma once

#include <string>

#include "pharox/uuid.h"

namespace pharox {

struct Consumer {
  Uuid id = Uuid::random();
  std::string name{};  // unique in the store

  friend bool operator==(const Consumer&, const Consumer&) = default;
};

// Throws InvalidArgumentError naming the first field that breaks a rule, its value and the rule.
void validate(const Consumer& consumer);

}  // namespace pharox
