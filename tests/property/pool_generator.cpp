#include "tests/property/pool_generator.h"

#include <algorithm>
#include <cmath>

#include "tests/fixtures/records.h"
#include "tests/model/model_choice.h"

namespace pharox::tests {
namespace {

// More than there are bit planes, so that filters displace each other.
constexpr std::size_t kRecurring = 300;
constexpr std::size_t kFavourites = 30;
constexpr std::size_t kAsksPerFavourites = 4'000;

// Whole degrees are the lines of the geo grid; poles and the date line are where it wraps.
constexpr std::array kLatitudes{-90.0, -89.0, -1.0, 0.0, 1.0, 48.0, 89.0, 90.0};
constexpr std::array kLongitudes{-180.0, -179.0, -1.0, 0.0, 1.0, 11.0, 179.0, 180.0};

// On the sphere two formulas for a distance differ by less than a millimetre, but near the other
// side of the globe, where neither is well conditioned.
constexpr double kRimKm = 5e-6;
constexpr double kFarKm = 15'000;

}  // namespace

PoolGenerator::PoolGenerator(std::uint64_t seed, std::size_t proxies)
    : random_(seed), ids_(random_()), proxies_(proxies) {}

Uuid PoolGenerator::id() { return one_in(2) ? id_of(++ids_in_order_) : ids_.v4(); }

// Value n is half as frequent as value n - 1, down to values of single proxies.
PoolGenerator::Text PoolGenerator::text(char attribute) {
  if (one_in(8)) return one_in(4) ? Text("") : std::nullopt;
  const auto rarest = static_cast<std::uint64_t>(std::bit_width(proxies_)) + 1;
  const std::uint64_t rank =
      std::min<std::uint64_t>(std::countr_zero(random_() | 1u << 31), rarest);
  return attribute + std::to_string(rank);
}

void PoolGenerator::place(Proxy& proxy) {
  if (one_in(5)) return;
  proxy.latitude = one_in(2) ? kLatitudes[below(kLatitudes.size())] : real(-90, 90);
  proxy.longitude = one_in(2) ? kLongitudes[below(kLongitudes.size())] : real(-180, 180);
}

Timestamp PoolGenerator::checked_at() {
  constexpr std::uint64_t kRecent = 40;
  if (one_in(100)) ++moments_;
  return kStart +
         Duration{static_cast<std::int64_t>(moments_ + (one_in(2) ? kRecent : below(kRecent)))};
}

Proxy PoolGenerator::proxy(const Uuid& pool_id) {
  Proxy proxy = proxy_of(1, pool_id);
  proxy.id = id();
  proxy.port = static_cast<std::uint16_t>(1 + below(1000));
  proxy.status = status();
  proxy.checked_at = checked_at();
  if (one_in(10)) proxy.credentials = Credentials{"user", "secret"};
  proxy.source = text('S');
  proxy.country = text('C');
  proxy.city = text('T');
  proxy.isp = text('I');
  if (!one_in(4)) proxy.asn = static_cast<std::uint32_t>(below(1 + proxies_ / 4));
  place(proxy);
  if (!one_in(3)) proxy.max_concurrency = static_cast<std::uint32_t>(1 + below(3));
  return proxy;
}

std::function<bool(const Proxy&)> PoolGenerator::predicate() {
  const std::uint64_t divisor = one_in(10) ? 1'000 : 2 + below(4);  // few match, or many
  const std::uint64_t remainder = below(divisor);
  return [=](const Proxy& proxy) { return proxy.port % divisor == remainder; };
}

// Within or without by millimetres: what a superset that is cut too short leaves out.
void PoolGenerator::end_radius_at(ProxyFilters& filters, const Proxy& proxy) {
  const double distance =
      sphere_distance_km(*filters.latitude, *filters.longitude, *proxy.latitude, *proxy.longitude);
  if (distance > kFarKm || distance < 2 * kRimKm) return;
  filters.radius_km = distance + (one_in(2) ? kRimKm : -kRimKm);
}

void PoolGenerator::add_place(ProxyFilters& filters, const std::vector<Proxy>& proxies) {
  const Proxy* near = proxies.empty() ? nullptr : &proxies[below(proxies.size())];
  if (near && !near->latitude) near = nullptr;
  filters.latitude = one_in(2) ? kLatitudes[below(kLatitudes.size())] : real(-90, 90);
  filters.longitude = one_in(2) ? kLongitudes[below(kLongitudes.size())] : real(-180, 180);
  if (near && one_in(3)) {  // the same place, or just not
    const double off = one_in(2) ? 0.9e-6 : 1.1e-6;
    filters.latitude = std::clamp(*near->latitude + (one_in(2) ? off : -off), -90.0, 90.0);
    filters.longitude = std::clamp(*near->longitude + (one_in(2) ? off : -off), -180.0, 180.0);
  }
  if (one_in(4)) return;
  // From metres to more than the globe; mostly so far that somebody is there.
  filters.radius_km = std::pow(10.0, one_in(4) ? real(-3, 4.5) : real(2.5, 4.5));
  if (near && one_in(2)) end_radius_at(filters, *near);
}

ProxyFilters PoolGenerator::new_filters(const std::vector<Proxy>& proxies, int levels) {
  ProxyFilters filters;
  if (one_in(5)) filters.source = text('S');
  if (one_in(3)) filters.country = text('C');
  if (one_in(6)) filters.city = text('T');
  if (one_in(6)) filters.isp = text('I');
  if (one_in(10)) filters.asn = static_cast<std::uint32_t>(below(2 + proxies_ / 4));
  if (one_in(4)) add_place(filters, proxies);
  if (levels == 1) return filters;
  for (auto* clauses : {&filters.all_of, &filters.any_of, &filters.none_of}) {
    if (!one_in(4)) continue;
    for (std::uint64_t count = 1 + below(3); count > 0; --count) {
      clauses->push_back(new_filters(proxies, levels - 1));
      if (one_in(12)) clauses->back().predicate = predicate();
    }
  }
  return filters;
}

const ProxyFilters& PoolGenerator::recurring_filters(const std::vector<Proxy>& proxies) {
  if (recurring_.size() < kRecurring) {
    recurring_.push_back(new_filters(proxies, 3));
    return recurring_.back();
  }
  if (one_in(kAsksPerFavourites)) favourites_ = below(kRecurring - kFavourites);
  if (one_in(3)) return recurring_[below(kRecurring)];
  return recurring_[favourites_ + below(kFavourites)];
}

ProxyFilters PoolGenerator::filters(const std::vector<Proxy>& proxies) {
  if (one_in(20)) return {};
  ProxyFilters filters = one_in(4) ? new_filters(proxies, 3) : recurring_filters(proxies);
  if (one_in(8)) filters.predicate = predicate();
  return filters;
}

}  // namespace pharox::tests
