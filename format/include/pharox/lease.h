// A lease: one consumer's right to use one proxy until a moment in time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pharox/time.h"
#include "pharox/uuid.h"

namespace pharox {

// Persisted: never renumber (format/persisted.h keeps the history).
enum class LeaseStatus : std::uint8_t { active = 1, released = 2 };

// Why a lease ended: its consumer released it, its time ran out, or its proxy was deleted.
// Persisted: never renumber.
enum class EndReason : std::uint8_t { consumer = 1, expired = 2, deleted = 3 };

struct Lease {
  Uuid id{};  // version 7: in order of acquisition
  Uuid proxy_id{};
  Uuid consumer_id{};
  Uuid pool_id{};
  std::string pool_name{};
  LeaseStatus status = LeaseStatus::active;
  Timestamp acquired_at{};
  Timestamp expires_at{};
  std::optional<Timestamp> released_at{};  // set exactly when released
  std::optional<EndReason> end_reason{};   // set exactly when released
  // A fencing token: every lease of the store has a greater one than all before it, also across
  // crashes. A resource that remembers the greatest token it saw can refuse a holder whose lease
  // ended meanwhile.
  std::uint64_t token = 0;

  friend bool operator==(const Lease&, const Lease&) = default;
};

// Throws InvalidArgumentError naming the first field that breaks a rule, its value and the rule.
void validate(const Lease& lease);

std::string_view to_string(LeaseStatus status);
std::string_view to_string(EndReason reason);
std::optional<LeaseStatus> parse_lease_status(std::string_view text);
std::optional<EndReason> parse_end_reason(std::string_view text);

}  // namespace pharox
