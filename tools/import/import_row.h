// One row of an imported list: where a proxy is and whatever else the list says of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pharox/proxy.h"

namespace pharox::tools {

// The longest row. A longer one is a bad row, skipped without being held in memory.
constexpr std::size_t kMaxRowBytes = std::size_t{64} << 10;

// What a list does not say is absent, so that importing it again keeps what is known meanwhile.
struct ImportRow {
  std::string host;
  std::uint16_t port = 0;
  std::optional<ProxyProtocol> protocol;
  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<std::string> source;
  std::optional<std::string> country;
  std::optional<std::string> city;
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<std::string> isp;
  std::optional<std::uint32_t> asn;
  std::optional<std::uint32_t> max_concurrency;
  std::optional<ProxyStatus> status;
  std::optional<Timestamp> checked_at;

  friend bool operator==(const ImportRow&, const ImportRow&) = default;
};

// Completes a row: the protocol where the list says none, and one spelling for each host (lower
// case; the canonical form of an IPv6 address, without brackets), so that the same proxy has the
// same id however a list writes it. Throws InvalidArgumentError naming the rule that the row
// breaks, never its password.
void complete_row(ImportRow& row, ProxyProtocol when_absent);

// Sets in `proxy` what the row says and leaves the rest. Status and checked_at are left too: of a
// proxy that is known, the store knows better than a list.
void apply_row(const ImportRow& row, Proxy& proxy);

}  // namespace pharox::tools
