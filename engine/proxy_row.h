// A proxy as the pool index holds it: texts that repeat are ids of the pool's dictionaries.
#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
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

// What a proxy is reached by, in one text: there are a million of them, and apart each would be a
// block of memory of its own.
class ProxyAddress {
 public:
  ProxyAddress() = default;
  explicit ProxyAddress(const Proxy& proxy) : host_size_(size_of(proxy.host)) {
    if (!proxy.credentials) {
      text_ = proxy.host;
      return;
    }
    const auto& [user, password] = *proxy.credentials;
    has_credentials_ = true;
    user_size_ = size_of(user);
    text_.reserve(proxy.host.size() + user.size() + password.size());
    text_.append(proxy.host).append(user).append(password);
  }

  // Fetches the text, where it is a block of memory of its own.
  void prefetch() const { __builtin_prefetch(text_.data()); }

  std::string host() const { return text_.substr(0, host_size_); }
  std::optional<Credentials> credentials() const {
    if (!has_credentials_) return std::nullopt;
    return Credentials{.user = text_.substr(host_size_, user_size_),
                       .password = text_.substr(std::size_t{host_size_} + user_size_)};
  }

 private:
  // Validated: no text is longer than 255 bytes.
  static std::uint8_t size_of(const std::string& text) {
    assert(text.size() <= std::numeric_limits<std::uint8_t>::max());
    return static_cast<std::uint8_t>(text.size());
  }

  std::string text_;  // host, user, password
  std::uint8_t host_size_ = 0;
  std::uint8_t user_size_ = 0;
  bool has_credentials_ = false;
};

// Two cache lines: choosing, leasing and copying a proxy that nobody has looked at for a while
// costs two misses.
struct alignas(64) ProxyRow {
  static constexpr double kNowhere = std::numeric_limits<double>::quiet_NaN();

  Uuid id;                                     // nil: the ordinal is free
  [[no_unique_address]] ProxyAddress address;  // what comes next lies in its padding
  std::uint8_t stale_in = 0;                   // orders, by bit: PoolIndex::Order::stale
  Timestamp checked_at{};
  double latitude = kNowhere;
  double longitude = kNowhere;
  std::array<ValueId, kTextFields> texts{kNoValue, kNoValue, kNoValue, kNoValue};
  ValueId asn = kNoValue;
  std::uint32_t owner = 0;            // the number that the pool's owner knows it by
  std::uint32_t max_concurrency = 0;  // 0: unlimited
  std::uint32_t leases = 0;
  // The number of leases that its place by load stands for: brought up to date when it is
  // available.
  std::uint32_t placed_load = 0;
  std::uint16_t port = 0;
  ProxyProtocol protocol = ProxyProtocol::http;
  ProxyStatus status = ProxyStatus::inactive;
  OrderTree::Planes planes = 1;  // the filters with a plane that it matches, and plane 0

  // Fetches both lines.
  void prefetch() const {
    __builtin_prefetch(this);
    __builtin_prefetch(&planes);
  }
  bool below_limit() const { return max_concurrency == 0 || leases < max_concurrency; }
  bool available() const { return status == ProxyStatus::active && below_limit(); }
  std::optional<GeoPoint> place() const {
    if (std::isnan(latitude) || std::isnan(longitude)) return std::nullopt;
    return GeoPoint{latitude, longitude};
  }
};

static_assert(sizeof(ProxyRow) == 128);

}  // namespace pharox::engine
