#include "tests/model/generator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include "tests/fixtures/records.h"

namespace pharox::tests {
namespace {

constexpr std::array kPoolNames{"alpha", "beta", "gamma"};
constexpr std::array kConsumerNames{"ann", "bob", "default"};
const std::array<std::string, 4> kTexts{"", "A", "B", "C"};
constexpr std::array kStatuses{ProxyStatus::inactive, ProxyStatus::slow, ProxyStatus::banned};
// Corners of the globe, where grids break; the others are anywhere.
constexpr std::array kLatitudes{-90.0, -45.0, 0.0, 45.0, 90.0};
constexpr std::array kLongitudes{-180.0, -90.0, 0.0, 90.0, 180.0};

}  // namespace

std::string Generator::pool_name() { return one_in(40) ? "nowhere" : any_of(kPoolNames); }
std::string Generator::consumer_name() { return one_in(40) ? "nobody" : any_of(kConsumerNames); }
Uuid Generator::pool_id() { return id_of(one_in(40) ? 404 : 100 + below(3)); }
Uuid Generator::proxy_id() { return id_of(one_in(40) ? 404 : 1 + below(proxy_ids_)); }
SelectorStrategy Generator::selector() { return static_cast<SelectorStrategy>(below(3)); }

Duration Generator::span() {
  const auto magnitude = static_cast<std::int64_t>(std::pow(10.0, real(0, 8.8)));
  return Duration{std::max<std::int64_t>(magnitude, 1)};
}

double Generator::latitude() { return one_in(2) ? any_of(kLatitudes) : real(-90, 90); }
double Generator::longitude() { return one_in(2) ? any_of(kLongitudes) : real(-180, 180); }

std::vector<ProxyPool> Generator::pools() {
  std::vector<ProxyPool> all;
  for (const char* name : kPoolNames) all.push_back(pool_of(100 + all.size(), name));
  return all;
}

ProxyPool Generator::pool() {
  ProxyPool pool = pool_of(100 + below(3), any_of(kPoolNames));
  if (one_in(2)) pool.description = any_of(kTexts);
  return pool;
}

Proxy Generator::proxy() {
  Proxy proxy = sound_proxy();
  if (one_in(60)) proxy.port = 0;
  if (one_in(60)) proxy.pool_id = id_of(404);
  return proxy;
}

std::vector<Proxy> Generator::proxies(std::uint64_t count) {
  std::vector<Proxy> many(count);
  for (Proxy& each : many) each = sound_proxy();
  if (!many.empty() && one_in(10)) many[below(count)] = proxy();
  return many;
}

Proxy Generator::sound_proxy() {
  Proxy proxy = proxy_of(1 + below(proxy_ids_), id_of(100 + below(3)));
  proxy.port = static_cast<std::uint16_t>(1 + below(50));
  if (one_in(6)) proxy.status = any_of(kStatuses);
  proxy.checked_at = kStart + Duration{static_cast<std::int64_t>(below(12))};
  if (one_in(3)) proxy.credentials = Credentials{any_of(kTexts), any_of(kTexts)};
  if (!one_in(4)) proxy.source = any_of(kTexts);
  if (!one_in(4)) proxy.country = any_of(kTexts);
  if (!one_in(4)) proxy.city = any_of(kTexts);
  if (!one_in(4)) proxy.isp = any_of(kTexts);
  if (!one_in(4)) proxy.asn = static_cast<std::uint32_t>(below(3));
  if (!one_in(4)) {
    proxy.latitude = latitude();
    proxy.longitude = longitude();
  }
  if (!one_in(4)) proxy.max_concurrency = static_cast<std::uint32_t>(1 + below(3));
  return proxy;
}

HealthCheckResult Generator::health() {
  const ProxyStatus status = one_in(3) ? any_of(kStatuses) : ProxyStatus::active;
  HealthCheckResult result =
      health_of(proxy_id(), status, kStart + Duration{static_cast<std::int64_t>(below(12))});
  if (one_in(2)) result.status_code = static_cast<std::int32_t>(below(600));
  if (one_in(2)) result.error_message = any_of(kTexts);
  result.attempts = static_cast<std::uint32_t>(1 + below(3));
  return result;
}

void Generator::add_place(ProxyFilters& filters) {
  filters.latitude = latitude();
  filters.longitude = longitude();
  if (one_in(4)) return;
  // From metres to more than the globe; never a round number, so that no proxy lies on the rim.
  filters.radius_km = std::pow(10.0, real(-3, 4.5));
}

ProxyFilters Generator::filters(int levels) {
  ProxyFilters filters;
  if (one_in(5)) filters.source = any_of(kTexts);
  if (one_in(5)) filters.country = any_of(kTexts);
  if (one_in(5)) filters.city = any_of(kTexts);
  if (one_in(5)) filters.isp = any_of(kTexts);
  if (one_in(5)) filters.asn = static_cast<std::uint32_t>(below(3));
  if (one_in(4)) add_place(filters);
  if (levels > 1) {
    for (auto* clauses : {&filters.all_of, &filters.any_of, &filters.none_of}) {
      if (!one_in(4)) continue;
      for (std::uint64_t count = 1 + below(3); count > 0; --count) {
        clauses->push_back(this->filters(levels - 1));
        if (one_in(12)) clauses->back().predicate = predicate(false);
      }
    }
  }
  return filters;
}

ProxyFilters Generator::broken_filters() {
  ProxyFilters broken;
  switch (below(3)) {
    case 0:
      broken.latitude = 1;
      break;
    case 1:
      broken.radius_km = 1;
      break;
    default:
      broken.latitude = 91;
      broken.longitude = 0;
  }
  if (one_in(2)) return broken;
  ProxyFilters outer = filters(2);
  outer.none_of.push_back(broken);
  return outer;
}

std::function<bool(const Proxy&)> Generator::predicate(bool may_throw) {
  const std::uint64_t divisor = 2 + below(4);
  const std::uint64_t remainder = below(divisor);
  const bool throws = may_throw && one_in(5);
  return [=](const Proxy& proxy) {
    if (throws && proxy.port % 11 == 0) throw Refusal{};
    return proxy.port % divisor == remainder;
  };
}

std::string to_text(const ProxyFilters& filters) {
  std::ostringstream text;
  text << "{";
  const auto field = [&](const char* name, const auto& value) {
    if (value) text << name << "=" << *value << " ";
  };
  field("source", filters.source);
  field("country", filters.country);
  field("city", filters.city);
  field("isp", filters.isp);
  field("asn", filters.asn);
  field("latitude", filters.latitude);
  field("longitude", filters.longitude);
  field("radius_km", filters.radius_km);
  const auto clauses = [&](const char* name, const std::vector<ProxyFilters>& list) {
    if (list.empty()) return;
    text << name << "=[";
    for (const ProxyFilters& clause : list) text << to_text(clause);
    text << "] ";
  };
  clauses("all_of", filters.all_of);
  clauses("any_of", filters.any_of);
  clauses("none_of", filters.none_of);
  if (filters.predicate) text << "predicate";
  text << "}";
  return text.str();
}

}  // namespace pharox::tests
