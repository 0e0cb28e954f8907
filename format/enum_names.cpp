// The names of enum values. A value that has no name here is not one: validate() refuses it.
#include <array>
#include <utility>

#include "pharox/lease.h"
#include "pharox/proxy.h"

namespace pharox {

namespace {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<ProxyProtocol, 4> kProtocols{{
    {ProxyProtocol::http, "http"},
    {ProxyProtocol::https, "https"},
    {ProxyProtocol::socks4, "socks4"},
    {ProxyProtocol::socks5, "socks5"},
}};

constexpr Names<ProxyStatus, 4> kProxyStatuses{{
    {ProxyStatus::active, "active"},
    {ProxyStatus::inactive, "inactive"},
    {ProxyStatus::slow, "slow"},
    {ProxyStatus::banned, "banned"},
}};

constexpr Names<LeaseStatus, 2> kLeaseStatuses{{
    {LeaseStatus::active, "active"},
    {LeaseStatus::released, "released"},
}};

constexpr Names<EndReason, 3> kEndReasons{{
    {EndReason::consumer, "consumer"},
    {EndReason::expired, "expired"},
    {EndReason::deleted, "deleted"},
}};

template <typename Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return "unknown";
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) {
  for (const auto& [value, name] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ProxyProtocol protocol) { return name_of(kProtocols, protocol); }
std::string_view to_string(ProxyStatus status) { return name_of(kProxyStatuses, status); }
std::string_view to_string(LeaseStatus status) { return name_of(kLeaseStatuses, status); }
std::string_view to_string(EndReason reason) { return name_of(kEndReasons, reason); }

std::optional<ProxyProtocol> parse_proxy_protocol(std::string_view text) {
  return value_of(kProtocols, text);
}
std::optional<ProxyStatus> parse_proxy_status(std::string_view text) {
  return value_of(kProxyStatuses, text);
}
std::optional<LeaseStatus> parse_lease_status(std::string_view text) {
  return value_of(kLeaseStatuses, text);
}
std::optional<EndReason> parse_end_reason(std::string_view text) {
  return value_of(kEndReasons, text);
}

}  // namespace pharox
