// A network proxy, as stored: where it is, how to log in, what is known of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pharox/time.h"
#include "pharox/uuid.h"

namespace pharox {

// Persisted: never renumber (format/persisted.h keeps the history).
enum class ProxyProtocol : std::uint8_t { http = 1, https = 2, socks4 = 3, socks5 = 4 };

// Only active proxies are chosen by the selectors. Persisted: never renumber.
enum class ProxyStatus : std::uint8_t { active = 1, inactive = 2, slow = 3, banned = 4 };

struct Credentials {
  std::string user{};
  std::string password{};

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

struct Proxy {
  Uuid id = Uuid::random();
  std::string host{};  // IPv4, IPv6 (without brackets) or a name
  std::uint16_t port = 0;
  ProxyProtocol protocol = ProxyProtocol::http;
  Uuid pool_id{};
  ProxyStatus status = ProxyStatus::inactive;
  Timestamp checked_at = utc_now();
  std::optional<Credentials> credentials{};
  std::optional<std::string> source{};  // the provider it was bought or gathered from
  std::optional<std::string> country{};
  std::optional<std::string> city{};
  std::optional<double> latitude{};   // degrees, -90 to 90
  std::optional<double> longitude{};  // degrees, -180 to 180
  std::optional<std::string> isp{};
  std::optional<std::uint32_t> asn{};              // 0 is a value
  std::optional<std::uint32_t> max_concurrency{};  // absent: unlimited
  // The number of its active leases. Written by the storage only; ignored when saved.
  std::uint32_t current_leases = 0;

  // "scheme://[user:password@]host:port": IPv6 in brackets, user and password percent-encoded
  // after RFC 3986. Contains the password: not for logs.
  std::string url() const;

  friend bool operator==(const Proxy&, const Proxy&) = default;
};

// Throws InvalidArgumentError naming the first field that breaks a rule, its value (never the
// password) and the rule.
void validate(const Proxy& proxy);

std::string_view to_string(ProxyProtocol protocol);
std::string_view to_string(ProxyStatus status);
std::optional<ProxyProtocol> parse_proxy_protocol(std::string_view text);
std::optional<ProxyStatus> parse_proxy_status(std::string_view text);

}  // namespace pharox
