#include "storage/health_table.h"

#include <utility>

namespace pharox::storage {

std::optional<std::uint32_t> HealthTable::slot_of(const Uuid& proxy_id) const {
  return by_proxy_.find(proxy_id,
                        [&](std::uint32_t slot) -> const Uuid& { return slots_[slot].proxy_id; });
}

const HealthCheckResult* HealthTable::find(const Uuid& proxy_id) const {
  const auto slot = slot_of(proxy_id);
  return slot ? &slots_[*slot] : nullptr;
}

void HealthTable::put(HealthCheckResult&& result) {
  if (const auto slot = slot_of(result.proxy_id)) {
    slots_[*slot] = std::move(result);
    return;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.grow();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  by_proxy_.insert(result.proxy_id, slot);
  slots_[slot] = std::move(result);
}

void HealthTable::erase(const Uuid& proxy_id) {
  const auto slot = slot_of(proxy_id);
  if (!slot) return;
  by_proxy_.erase(proxy_id, *slot);
  slots_[*slot].error_message.reset();
  free_.push_back(*slot);
}

}  // namespace pharox::storage
