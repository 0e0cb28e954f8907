// A proxy as the pool index holds it: texts that repeat are ids of the pool's dictionaries.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/attribute_index.h"
#include "engine/geo_grid.h"
#include "engine/order_tree.h"
#include "pharox/proxy.h"

namespace pharox::engine {

// The attributes of text that filters can name.
enum class TextField : std::uint8_t { source, country, city, isp };
constexpr std::size_t kTextFields = 4;

struct ProxyRow {
  Uuid id;  // nil: the ordinal is free
  std::string host;
  std::unique_ptr<Credentials> credentials;
  Timestamp checked_at{};
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::array<ValueId, kTextFields> texts{kNoValue, kNoValue, kNoValue, kNoValue};
  ValueId asn = kNoValue;
  std::uint32_t owner = 0;            // the number that the pool's owner knows it by
  std::uint32_t max_concurrency = 0;  // 0: unlimited
  std::uint32_t leases = 0;
  // The number of leases that its place by load stands for: brought up to date when it is
  // available.
  std::uint32_t placed_load = 0;
  OrderTree::Planes planes = 1;  // the filters with a plane that it matches, and plane 0
  std::uint16_t port = 0;
  ProxyProtocol protocol = ProxyProtocol::http;
  ProxyStatus status = ProxyStatus::inactive;

  bool below_limit() const { return max_concurrency == 0 || leases < max_concurrency; }
  bool available() const { return status == ProxyStatus::active && below_limit(); }
  std::optional<GeoPoint> place() const {
    if (!latitude || !longitude) return std::nullopt;
    return GeoPoint{*latitude, *longitude};
  }
};

}  // namespace pharox::engine
