#include "bench/dataset.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <random>

#include "bench/cities.h"

namespace pharox::bench {
namespace {

constexpr std::uint64_t kRecordSeed = 20240607;
constexpr Timestamp kNewestCheck = std::chrono::sys_days{std::chrono::year{2024} / 6 / 7};
constexpr Duration kBetweenChecks = std::chrono::milliseconds{1};

std::string_view country_of(std::size_t slot) {
  static constexpr std::array<std::string_view, 8> kOthers{"BR", "JP", "IN", "CA",
                                                           "AU", "ZA", "MX", "KR"};
  const std::size_t hundredth = slot / 10;
  if (hundredth < 50) return kHalfCountry;
  if (hundredth < 51) return kOnePercentCountry;
  if (hundredth < 52) return kExhaustedCountry;
  if (hundredth < 72) return kSmallCountries[(hundredth - 52) / 4];
  if (hundredth < 92) return kFifthCountry;
  return kOthers[hundredth - 92];
}

std::string_view source_of(std::size_t slot) {
  static constexpr std::array<std::string_view, 10> kByTenth{
      kWideSource,   kWideSource,   kWideSource,   "Atlas Datacenter", "Atlas Datacenter",
      "Quay Egress", kNarrowSource, kNarrowSource, "Ridge Proxies",    "Ridge Proxies"};
  return kByTenth[slot % 10];
}

std::string_view isp_of(std::size_t slot) {
  static constexpr std::array<std::string_view, 10> kByTenth{
      "Sunrise Fibre", "Valley Wireless", "Sunrise Fibre", kWideIsp,   kWideIsp,
      kWideIsp,        "Valley Wireless", kNarrowIsp,      kNarrowIsp, "Coastal Net"};
  return kByTenth[slot % 10];
}

std::vector<std::size_t> shuffled(std::size_t count, std::mt19937_64& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

std::string letters(std::size_t count, std::mt19937_64& random) {
  static constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string text(count, ' ');
  for (char& letter : text) letter = kLetters[random() % kLetters.size()];
  return text;
}

std::string address(std::mt19937_64& random) {
  const std::uint64_t bits = random();
  return std::to_string(1 + (bits & 127)) + "." + std::to_string(bits >> 8 & 255) + "." +
         std::to_string(bits >> 16 & 255) + "." + std::to_string(bits >> 24 & 255);
}

Proxy make_proxy(const Uuid& pool_id, UuidGenerator& ids, std::mt19937_64& random) {
  return {.id = ids.v4(),
          .host = address(random),
          .port = static_cast<std::uint16_t>(1024 + random() % 60000),
          .protocol = random() % 2 == 0 ? ProxyProtocol::http : ProxyProtocol::socks5,
          .pool_id = pool_id,
          .status = ProxyStatus::active,
          .credentials = Credentials{.user = letters(14, random), .password = letters(20, random)},
          .max_concurrency = 1};
}

void put_at_slot(Proxy& proxy, std::size_t slot) {
  proxy.country = country_of(slot);
  proxy.source = source_of(slot);
  proxy.isp = isp_of(slot);
  proxy.asn = static_cast<std::uint32_t>(64500 + slot % 10);
}

void put_in_city(Proxy& proxy, const City& city, std::mt19937_64& random) {
  std::uniform_real_distribution<double> jitter(-kCityJitterDegrees, kCityJitterDegrees);
  proxy.city = city.name;
  proxy.latitude = city.latitude + jitter(random);
  proxy.longitude = city.longitude + jitter(random);
}

// By SelectorStrategy. Among free proxies all loads are 0, so that the least used order is that of
// the oldest check first.
std::array<std::size_t, 3> find_last_in_order(const std::vector<Proxy>& proxies) {
  const auto index_of = [&](auto at) { return static_cast<std::size_t>(at - proxies.begin()); };
  const auto [oldest, newest] = std::ranges::minmax_element(proxies, {}, &Proxy::checked_at);
  return {index_of(oldest), index_of(newest),
          index_of(std::ranges::max_element(proxies, {}, &Proxy::id))};
}

}  // namespace

std::string city_of_last(SelectorStrategy selector) {
  return "Farthest by " + std::string(to_string(selector));
}

Dataset make_dataset(std::size_t proxies) {
  assert(proxies > 0 && proxies % kProxiesAreMultipleOf == 0);
  UuidGenerator ids(kRecordSeed);
  std::mt19937_64 random(kRecordSeed);
  Dataset made{.pool = {.id = ids.v4(), .name = "benchmark"}, .proxies = {}, .last_in_order = {}};
  made.proxies.reserve(proxies);
  for (std::size_t i = 0; i < proxies; ++i) {
    made.proxies.push_back(make_proxy(made.pool.id, ids, random));
  }

  // The proxy with the greatest id is neither the first nor the last to have been checked, so that
  // the three that are last in an order are three.
  std::vector<std::size_t> age = shuffled(proxies, random);
  const std::size_t greatest = find_last_in_order(made.proxies)[2];
  std::swap(age[greatest], *std::ranges::find(age, proxies / 2));
  for (std::size_t i = 0; i < proxies; ++i) {
    made.proxies[i].checked_at = kNewestCheck - static_cast<Duration::rep>(age[i]) * kBetweenChecks;
  }
  made.last_in_order = find_last_in_order(made.proxies);

  // Those three have the slots 0 to 2, which are not in the exhausted country.
  std::vector<std::size_t> place = shuffled(proxies, random);
  for (std::size_t slot = 0; slot < made.last_in_order.size(); ++slot) {
    std::swap(place[made.last_in_order[slot]], *std::ranges::find(place, slot));
  }
  const std::vector<City> cities = make_cities();
  const std::vector<std::size_t> home = shuffled(proxies, random);
  for (std::size_t i = 0; i < proxies; ++i) {
    put_at_slot(made.proxies[i], place[i] % kProxiesAreMultipleOf);
    put_in_city(made.proxies[i], cities[home[i] % cities.size()], random);
  }
  for (std::size_t order = 0; order < made.last_in_order.size(); ++order) {
    made.proxies[made.last_in_order[order]].city =
        city_of_last(static_cast<SelectorStrategy>(order));
  }
  return made;
}

std::string_view to_string(Occupancy occupancy) {
  switch (occupancy) {
    case Occupancy::none:
      return "0";
    case Occupancy::half:
      return "50";
    case Occupancy::nearly_all:
      return "99.9";
  }
  return {};
}

std::vector<std::size_t> leased_proxies(const Dataset& dataset, Occupancy occupancy) {
  const std::size_t total = dataset.proxies.size();
  std::mt19937_64 random(kRecordSeed + 1);
  std::vector<std::size_t> order = shuffled(total, random);
  std::erase_if(order, [&](std::size_t i) {
    return std::ranges::find(dataset.last_in_order, i) != dataset.last_in_order.end();
  });
  const auto others = std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
    return dataset.proxies[i].country == kExhaustedCountry;
  });
  const auto exhausted = static_cast<std::size_t>(others - order.begin());
  std::size_t wanted = 0;
  if (occupancy == Occupancy::half) wanted = total / 2;
  if (occupancy == Occupancy::nearly_all) wanted = total - total / 1000;
  order.resize(std::min(std::max(wanted, exhausted), order.size()));
  return order;
}

std::size_t text_bytes(const Proxy& proxy) {
  std::size_t bytes = proxy.host.size();
  if (proxy.credentials)
    bytes += proxy.credentials->user.size() + proxy.credentials->password.size();
  for (const auto* text : {&proxy.source, &proxy.country, &proxy.city, &proxy.isp}) {
    if (*text) bytes += (*text)->size();
  }
  return bytes;
}

}  // namespace pharox::bench
