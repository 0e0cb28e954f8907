#include "tools/bench/bench_pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <vector>

#include "format/codec.h"
#include "tools/byte_source.h"
#include "tools/import/bad_rows.h"
#include "tools/import/import_target.h"
#include "tools/import/importer.h"
#include "tools/import/stable_id.h"

namespace pharox::tools {

namespace {

// One commit each: large enough that the commit does not count, small enough to hold.
constexpr std::size_t kChunkProxies = 50'000;
constexpr const char* kConsumer = "bench";
// Longer than anything that is measured.
constexpr Duration kForLong = std::chrono::hours{24};
constexpr std::uint64_t kSeed = 1;

// Saves proxies a chunk at a time.
class Filling {
 public:
  Filling(LeaseStorage& storage, const Checkpoint& checkpoint)
      : storage_(storage), checkpoint_(checkpoint) {}

  void add(Proxy proxy) {
    chunk_.push_back(std::move(proxy));
    if (chunk_.size() == kChunkProxies) finish();
  }
  void finish() {
    checkpoint_();
    storage_.add_proxies_bulk(chunk_);
    chunk_.clear();
  }

 private:
  LeaseStorage& storage_;
  const Checkpoint& checkpoint_;
  std::vector<Proxy> chunk_;
};

Proxy made_up_proxy(std::mt19937_64& random, UuidGenerator& ids, const Uuid& pool_id,
                    Timestamp now) {
  constexpr std::array kCountries{"US", "DE", "GB", "FR", "NL", "JP", "BR", "IN", "PL", "SG"};
  const auto one_of = [&](const char* name, std::uint64_t values) {
    return name + std::to_string(1 + random() % values);
  };
  const auto degrees = [&](double limit) {
    return std::uniform_real_distribution<double>(-limit, limit)(random);
  };
  const auto halvings = static_cast<std::size_t>(std::countr_zero(random()));
  return {.id = ids.v4(),
          .host = fmt::format("proxy-{:016x}.example", random()),
          .port = 8080,
          .pool_id = pool_id,
          .status = ProxyStatus::active,
          .checked_at = now - std::chrono::microseconds{random() % 3'600'000'000},
          .credentials = std::nullopt,
          .source = one_of("source-", 5),
          .country = kCountries[std::min(halvings, kCountries.size() - 1)],
          .city = one_of("city-", 500),
          .latitude = degrees(90),
          .longitude = degrees(180),
          .isp = one_of("isp-", 40),
          .asn = static_cast<std::uint32_t>(64'512 + random() % 200),
          .max_concurrency = 1};
}

// Whether the proxy at `place` is one of those that make up the share.
bool falls_on(std::uint64_t place, double percent) {
  const auto before = static_cast<std::uint64_t>(static_cast<double>(place) * percent / 100);
  return static_cast<std::uint64_t>(static_cast<double>(place + 1) * percent / 100) > before;
}

}  // namespace

std::string copy_pool(StoreView& view, const ProxyPool& pool, LeaseStorage& into,
                      const Checkpoint& checkpoint) {
  into.save_pool(pool);
  Filling filling(into, checkpoint);
  view.for_each(format::Table::proxies, format::decode_proxy, [&](Proxy proxy) {
    if (proxy.pool_id == pool.id) filling.add(std::move(proxy));
    return true;
  });
  filling.finish();
  return pool.name;
}

std::string read_list(const std::string& file, std::optional<ListFormat> format, LeaseStorage& into,
                      const Checkpoint& checkpoint) {
  InputFile input(file);
  ByteSource bytes(input.stream());
  if (!format) format = detect_format(bytes.lookahead());
  const auto rows = open_rows(bytes, *format, ProxyProtocol::http);
  BadRows bad(format == ListFormat::json ? "row" : "line");
  std::string pool = "list";
  const auto target = target_in(into);
  Importer importer(*target, pool, {}, utc_now());
  std::uint64_t read = 0;
  for (ParsedRow parsed; rows->next(parsed);) {
    if (++read % kChunkProxies == 0) checkpoint();
    if (parsed.row) {
      importer.add(*std::move(parsed.row));
    } else {
      bad.report(parsed.number, parsed.error);
    }
  }
  importer.finish();
  bad.report_rest();
  return pool;
}

std::string make_up_pool(std::uint64_t proxies, LeaseStorage& into, const Checkpoint& checkpoint) {
  const ProxyPool pool{.id = stable_pool_id("made-up"), .name = "made-up", .description = {}};
  into.save_pool(pool);
  std::mt19937_64 random(kSeed);
  UuidGenerator ids(random());
  const Timestamp now = utc_now();
  Filling filling(into, checkpoint);
  for (; proxies > 0; --proxies) filling.add(made_up_proxy(random, ids, pool.id, now));
  filling.finish();
  return pool.name;
}

void occupy(LeaseStorage& storage, const std::string& pool, double percent,
            const Checkpoint& checkpoint) {
  if (percent == 0) return;
  storage.ensure_consumer(kConsumer);
  std::uint64_t place = 0;
  for (Page page{.limit = kChunkProxies};;) {
    checkpoint();
    std::vector<Proxy> proxies = storage.list_proxies(pool, page);
    if (proxies.empty()) return;
    page.after = proxies.back().id;
    std::erase_if(proxies, [&](const Proxy&) { return !falls_on(place++, percent); });
    for (Proxy& proxy : proxies) proxy.max_concurrency = 1;
    storage.add_proxies_bulk(proxies);
    for (const Proxy& proxy : proxies) storage.create_lease(proxy.id, kConsumer, kForLong);
  }
}

std::uint64_t count_matching(LeaseStorage& storage, const std::string& pool,
                             const ProxyFilters& filters) {
  std::uint64_t matching = 0;
  storage.visit_proxies(pool, [&](const Proxy& proxy) {
    matching += matches(filters, proxy);
    return true;
  });
  return matching;
}

}  // namespace pharox::tools
