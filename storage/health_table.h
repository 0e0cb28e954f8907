// The last health result of each proxy of a store in memory.
//
// Not thread-safe. Every operation is O(1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "pharox/health.h"
#include "storage/chunked_array.h"
#include "storage/id_index.h"

namespace pharox::storage {

class HealthTable {
 public:
  // Null when there is none. Valid until the next change.
  const HealthCheckResult* find(const Uuid& proxy_id) const;
  // Replaces what was there for the same proxy.
  void put(HealthCheckResult&& result);
  // Nothing when there is none.
  void erase(const Uuid& proxy_id);

 private:
  std::optional<std::uint32_t> slot_of(const Uuid& proxy_id) const;

  ChunkedArray<HealthCheckResult> slots_;
  std::vector<std::uint32_t> free_;
  IdIndex by_proxy_;
};

}  // namespace pharox::storage
