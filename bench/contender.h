// What is asked of everything that stands in the grid.
#pragma once

#include <optional>

#include "pharox/filters.h"
#include "pharox/uuid.h"

namespace pharox::bench {

// Chooses a proxy of the pool it was made from.
class Selecting {
 public:
  virtual ~Selecting() = default;

  // What a program does once for a question that it asks often, such as preparing statements.
  virtual void prepare(const ProxyFilters& filters, SelectorStrategy selector) = 0;

  // Answers the prepared question: the proxy that is first in the selector's order. Moves the
  // round-robin cursor on.
  virtual std::optional<Uuid> select() = 0;
};

class Leasing : public Selecting {
 public:
  // Acquires by the prepared question, and releases. False when nothing was available.
  virtual bool lease_and_release() = 0;
};

}  // namespace pharox::bench
