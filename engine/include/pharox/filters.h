// What a proxy must be like to be chosen, and in which order the choice goes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/proxy.h"

namespace pharox {

// Deterministic; ids break ties. Among the available proxies that match:
enum class SelectorStrategy {
  first_available,  // the most recently checked
  least_used,       // the one with the fewest active leases, then the least recently checked
  round_robin,      // the next id after the last one chosen by round robin in this pool, wrapping
};

std::string_view to_string(SelectorStrategy selector);
std::optional<SelectorStrategy> parse_selector_strategy(std::string_view text);

// Conditions on a proxy. All that are set must hold; a default-constructed value has none.
//
//   ProxyFilters{.country = "DE", .none_of = {{.isp = "Example Net"}, {.asn = 64500}}}
//
// An empty text is no condition; asn 0 is one. A proxy that lacks the attribute never matches.
struct ProxyFilters {
  std::optional<std::string> source{};
  std::optional<std::string> country{};
  std::optional<std::string> city{};
  std::optional<std::string> isp{};
  std::optional<std::uint32_t> asn{};

  // Both or neither, in degrees. With radius_km: within that great-circle distance (haversine,
  // kEarthRadiusKm). Without: both coordinates equal within kSamePlaceDegrees. A proxy without
  // coordinates never matches.
  std::optional<double> latitude{};
  std::optional<double> longitude{};
  std::optional<double> radius_km{};

  std::vector<ProxyFilters> all_of{};   // every clause matches
  std::vector<ProxyFilters> any_of{};   // at least one does, unless the list is empty
  std::vector<ProxyFilters> none_of{};  // none does

  // Asked last, in the selector's order, about proxies that match everything else. It must not call
  // the store: that throws InvalidArgumentError. If it throws, nothing is leased and the exception
  // leaves the call. Its cost is the caller's: the store is locked meanwhile.
  std::function<bool(const Proxy&)> predicate{};
};

constexpr double kEarthRadiusKm = 6371.0;
// Coordinates that differ by no more are the same place.
constexpr double kSamePlaceDegrees = 1e-6;

// Clauses nest at most this deep.
constexpr int kMaxFilterDepth = 32;

// Throws InvalidArgumentError naming the field, its value and the rule.
void validate(const ProxyFilters& filters);

// Whether the proxy matches, by looking at it alone. For adapters that have no index.
// Requires filters that pass validate().
bool matches(const ProxyFilters& filters, const Proxy& proxy);

// The great-circle distance in kilometres, by the haversine formula.
double haversine_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

}  // namespace pharox
