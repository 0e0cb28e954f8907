// One full and one bare record of each kind. The golden files hold the full ones: changing a value
// here means changing those files, which must not happen to a released version.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "format/codec.h"
#include "format/stored_lease.h"

namespace pharox::format::testing {

inline Uuid id_of(int number) {
  Uuid id;
  id.bytes[0] = 0xa0;
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

// 2026-08-22T09:30:00.000001Z
constexpr Timestamp kNoon = std::chrono::sys_days{std::chrono::year{2026} / 8 / 22} +
                            std::chrono::minutes{570} + std::chrono::microseconds{1};

inline ProxyPool full_pool() {
  return {.id = id_of(1), .name = "r\xc3\xa9sidentiel", .description = "bought in August"};
}
inline ProxyPool bare_pool() { return {.id = id_of(1), .name = "p", .description = {}}; }

inline Consumer full_consumer() { return {.id = id_of(2), .name = "crawler-7"}; }

inline Proxy full_proxy() {
  return {.id = id_of(3),
          .host = "2001:db8::1",
          .port = 65535,
          .protocol = ProxyProtocol::socks5,
          .pool_id = id_of(1),
          .status = ProxyStatus::banned,
          .checked_at = kNoon,
          .credentials = Credentials{"user", "s3cret p@ss"},
          .source = "provider",
          .country = "CH",
          .city = "Z\xc3\xbcrich",
          .latitude = 47.3769,
          .longitude = -8.5417,
          .isp = "Example AG",
          .asn = 64512,
          .max_concurrency = 3,
          .current_leases = 0};
}
inline Proxy bare_proxy() {
  Proxy proxy;
  proxy.id = id_of(3);
  proxy.host = "h";
  proxy.port = 1;
  proxy.pool_id = id_of(1);
  proxy.checked_at = Timestamp{};
  return proxy;
}

inline StoredLease active_lease() {
  StoredLease stored;
  stored.lease.id = id_of(4);
  stored.lease.proxy_id = id_of(3);
  stored.lease.consumer_id = id_of(2);
  stored.lease.pool_id = id_of(1);
  stored.lease.pool_name = "r\xc3\xa9sidentiel";
  stored.lease.acquired_at = kNoon;
  stored.lease.expires_at = kNoon + std::chrono::seconds{300};
  stored.lease.token = 0x0102030405060708;
  stored.duration = std::chrono::seconds{300};
  stored.deadline_since_boot = std::chrono::hours{5};
  stored.boot_id = id_of(9);
  return stored;
}
inline StoredLease ended_lease() {
  StoredLease stored = active_lease();
  stored.lease.status = LeaseStatus::released;
  stored.lease.released_at = kNoon + std::chrono::seconds{42};
  stored.lease.end_reason = EndReason::deleted;
  return stored;
}

inline HealthCheckResult full_health() {
  return {.proxy_id = id_of(3),
          .status = ProxyStatus::slow,
          .latency_ms = 1234,
          .protocol = ProxyProtocol::https,
          .attempts = 2,
          .status_code = 502,
          .checked_at = kNoon,
          .error_message = "bad gateway"};
}
inline HealthCheckResult bare_health() {
  HealthCheckResult result;
  result.proxy_id = id_of(3);
  result.checked_at = Timestamp{};
  return result;
}

inline BootAnchor boot_anchor() {
  return {.boot_id = id_of(8), .wall = kNoon, .since_boot = std::chrono::seconds{4242}};
}

}  // namespace pharox::format::testing
