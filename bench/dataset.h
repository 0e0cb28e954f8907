// The pools that everything is measured on: made from a fixed seed, so that every run and every
// contender gets the same proxies, with exact shares for the filters (filter_cases.h).
//
// A proxy has a slot from 0 to 999 which says its country (hundredths), its source and its provider
// (tenths), and independently of that one of 250 cities. Both are spread at random over the ids and
// over the moments of the last check, which are spread at random over each other.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pharox/filters.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::bench {

// The shares are exact for multiples of this.
constexpr std::size_t kProxiesAreMultipleOf = 1000;

// Countries, sources and providers with a share of their own.
inline constexpr std::string_view kHalfCountry = "US";            // 50 %
inline constexpr std::string_view kOnePercentCountry = "SE";      // 1 %
inline constexpr std::string_view kExhaustedCountry = "MT";       // 1 %
inline constexpr std::string_view kFifthCountry = "DE";           // 20 %
inline constexpr std::array<std::string_view, 5> kSmallCountries  // 4 % each
    {"FR", "ES", "IT", "NL", "PL"};
inline constexpr std::string_view kWideSource = "Meridian Residential";  // 30 %
inline constexpr std::string_view kWideIsp =
    "Northern Light Telecom";  // 30 %, nowhere with kWideSource
// 20 % each, 10 % both.
inline constexpr std::string_view kNarrowSource = "Harbour Mobile Gateways";
inline constexpr std::string_view kNarrowIsp = "Continental Broadband AG";

// The city of the one proxy that comes last in the selector's order while it is free.
std::string city_of_last(SelectorStrategy selector);

struct Dataset {
  ProxyPool pool;
  std::vector<Proxy> proxies;  // exclusive (max_concurrency 1), active, in random order
  // By SelectorStrategy: the proxy that comes last in its order while it is free.
  std::array<std::size_t, 3> last_in_order;
};

// Requires a multiple of kProxiesAreMultipleOf.
Dataset make_dataset(std::size_t proxies);

// The share of proxies that are at their limit before anything is measured.
enum class Occupancy { none, half, nearly_all };
inline constexpr std::array<Occupancy, 3> kOccupancies{Occupancy::none, Occupancy::half,
                                                       Occupancy::nearly_all};

std::string_view to_string(Occupancy occupancy);  // "0", "50", "99.9"

// Which proxies are leased at this occupancy. The last in each order never are; those in
// kExhaustedCountry always are, at occupancy `none` too.
std::vector<std::size_t> leased_proxies(const Dataset& dataset, Occupancy occupancy);

// The bytes of a proxy's own texts: what any store must keep of it besides numbers.
std::size_t text_bytes(const Proxy& proxy);

}  // namespace pharox::bench
