// Input: a few proxies, then filters, nested as deep as the bytes say. What the index chooses is
// what looking at every proxy chooses: before and after proxies change, asked once and more often.
#include <algorithm>
#include <array>

#include "engine/pool_index.h"
#include "pharox/errors.h"
#include "tests/fixtures/records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_bytes.h"
#include "tests/model/model_choice.h"

namespace pharox::tests {
namespace {

using engine::Ordinal;
using engine::PoolIndex;

constexpr std::size_t kMaxProxies = 16;
constexpr int kMaxLevels = kMaxFilterDepth + 4;
const Uuid kPool = id_of(100);

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}

  std::vector<Proxy> proxies() {
    std::vector<Proxy> all;
    for (std::size_t count = in_.byte() % kMaxProxies; count > 0; --count) {
      Proxy proxy = proxy_of(1 + all.size(), kPool);
      const std::uint8_t has = in_.byte();
      proxy.checked_at = kStart + Duration{in_.byte() % 4};
      if (has & 1) proxy.country = text();
      if (has & 2) proxy.source = text();
      if (has & 4) proxy.city = text();
      if (has & 8) proxy.isp = text();
      if (has & 16) proxy.asn = in_.byte() % 3;
      if (has & 32) proxy.latitude = degrees(90);
      if (has & 64) proxy.longitude = degrees(180);
      if (has & 128) proxy.status = ProxyStatus::slow;
      try {
        validate(proxy);
        all.push_back(proxy);
      } catch (const InvalidArgumentError&) {
      }
    }
    return all;
  }

  ProxyFilters filters(int level = 1) {
    ProxyFilters filters;
    const std::uint8_t has = in_.byte();
    if (has & 1) filters.country = text();
    if (has & 2) filters.source = text();
    if (has & 4) filters.city = text();
    if (has & 8) filters.isp = text();
    if (has & 16) filters.asn = in_.byte() % 3;
    if (has & 32) {
      filters.latitude = degrees(90);
      filters.longitude = degrees(180);
    }
    if (has & 64) filters.radius_km = in_.real();
    if (!(has & 128) || level == kMaxLevels) return filters;
    const std::uint8_t clauses = in_.byte();
    for (int i = 0; i < clauses % 4; ++i) filters.all_of.push_back(this->filters(level + 1));
    for (int i = 0; i < clauses / 4 % 4; ++i) filters.any_of.push_back(this->filters(level + 1));
    for (int i = 0; i < clauses / 16 % 4; ++i) filters.none_of.push_back(this->filters(level + 1));
    return filters;
  }

  std::uint8_t byte() { return in_.byte(); }

 private:
  std::string text() {
    const std::uint8_t which = in_.byte();
    if (which == 255) return std::string(in_.take(300));
    return which % 4 == 0 ? "" : std::string(1, static_cast<char>('A' + which % 4));
  }
  // Mostly where grids break.
  double degrees(double limit) {
    static constexpr std::array kParts{-1.0, -0.5, 0.0, 0.5, 1.0, 1e-7, -1e-7};
    const std::uint8_t which = in_.byte();
    return which < kParts.size() ? kParts[which] * limit : in_.real();
  }

  InputBytes in_;
};

struct Pool {
  PoolIndex index{};
  std::vector<Proxy> proxies{};
  std::vector<Ordinal> ordinals{};
};

void compare(Pool& pool, const ProxyFilters& filters, const Uuid& cursor) {
  for (const auto selector : {SelectorStrategy::first_available, SelectorStrategy::least_used,
                              SelectorStrategy::round_robin}) {
    const Proxy* expected = nullptr;
    for (const Proxy& proxy : pool.proxies) {
      if (proxy.status != ProxyStatus::active || !matches(filters, proxy)) continue;
      if (!expected || goes_before(selector, cursor, proxy, *expected)) expected = &proxy;
    }
    const auto chosen = pool.index.choose(filters, selector, cursor, kPool);
    require(chosen.has_value() == (expected != nullptr), "a match is missed, or made up");
    if (chosen) require(pool.index.row(*chosen).id == expected->id, "another proxy is chosen");
  }
}

}  // namespace

void fuzz_filters(std::string_view bytes) {
  Reader in(bytes);
  Pool pool;
  pool.proxies = in.proxies();
  for (const Proxy& proxy : pool.proxies) pool.ordinals.push_back(pool.index.insert(proxy, 0));
  for (int ask = 0; ask < 4; ++ask) {
    const ProxyFilters filters = in.filters();
    try {
      validate(filters);
    } catch (const InvalidArgumentError&) {
      return;
    }
    const Uuid cursor = id_of(in.byte() % kMaxProxies);
    for (int again = 0; again < 3; ++again) compare(pool, filters, cursor);
    if (pool.proxies.empty()) continue;
    const std::size_t changed = in.byte() % pool.proxies.size();
    Proxy& proxy = pool.proxies[changed];
    proxy.status = proxy.status == ProxyStatus::active ? ProxyStatus::slow : ProxyStatus::active;
    proxy.checked_at += Duration{in.byte() % 4};
    pool.index.set_health(pool.ordinals[changed], proxy.status, proxy.checked_at);
    compare(pool, filters, cursor);
  }
  if (const auto finding = pool.index.validate()) throw std::logic_error(*finding);
}

std::vector<std::string> filter_seeds() {
  const std::string proxies("\3\x15\1\1\2\1\x60\2\3\4\x7f\1\1\2\3\1\2\2\2", 19);
  return {
      proxies + std::string("\1\1\2\1\0", 5),
      proxies + std::string("\x60\2\2\0\0\0\0\0\0\x59\x40\1\2\0", 14),
      proxies + std::string("\x80\x15\1\1\2\1\4\1", 8),
      std::string("\1\0\0", 3) + std::string(100, '\x80') + std::string(100, '\1'),
  };
}

}  // namespace pharox::tests
