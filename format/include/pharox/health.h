// The result of one health check of a proxy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pharox/proxy.h"
#include "pharox/time.h"
#include "pharox/uuid.h"

namespace pharox {

struct HealthCheckResult {
  Uuid proxy_id{};
  ProxyStatus status = ProxyStatus::inactive;
  std::uint32_t latency_ms = 0;
  ProxyProtocol protocol = ProxyProtocol::http;
  std::uint32_t attempts = 1;
  std::optional<std::int32_t> status_code{};  // of the HTTP answer, where there was one
  Timestamp checked_at = utc_now();
  std::optional<std::string> error_message{};

  friend bool operator==(const HealthCheckResult&, const HealthCheckResult&) = default;
};

// Throws InvalidArgumentError naming the first field that breaks a rule, its value and the rule.
void validate(const HealthCheckResult& result);

}  // namespace pharox
