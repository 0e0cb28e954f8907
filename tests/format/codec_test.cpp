// Records come back from their bytes as they were.
#include "format/codec.h"

#include <gtest/gtest.h>

#include "format/keys.h"
#include "format/persisted.h"
#include "sample_records.h"

namespace pharox::format::testing {
namespace {

ProxyPool round_trip(const ProxyPool& pool) { return decode_pool(uuid_key(pool.id), encode(pool)); }
Proxy round_trip(const Proxy& proxy) { return decode_proxy(uuid_key(proxy.id), encode(proxy)); }
HealthCheckResult round_trip(const HealthCheckResult& result) {
  return decode_health(uuid_key(result.proxy_id), encode(result));
}

TEST(Codec, PoolRoundTrips) {
  EXPECT_EQ(round_trip(full_pool()), full_pool());
  EXPECT_EQ(round_trip(bare_pool()), bare_pool());
}

TEST(Codec, ConsumerRoundTrips) {
  const Consumer consumer = full_consumer();
  EXPECT_EQ(decode_consumer(uuid_key(consumer.id), encode(consumer)), consumer);
}

TEST(Codec, ProxyRoundTrips) {
  EXPECT_EQ(round_trip(full_proxy()), full_proxy());
  EXPECT_EQ(round_trip(bare_proxy()), bare_proxy());
}

TEST(Codec, LeasesRoundTrip) {
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), encode(active_lease())), LeaseRow{active_lease()});
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), encode(ended_lease(), 77)),
            (LeaseRow{ended_lease(), 77}));
}

// A lease is made from the one before.
TEST(Codec, LeasesOfPoolsInTurnRoundTrip) {
  for (int turn = 0; turn < 12; ++turn) {
    LeaseRow row{turn % 2 == 0 ? active_lease() : ended_lease(), turn % 2 == 0 ? 0u : 77u};
    row.stored.lease.pool_name = std::string(turn % 3 * 8 + 1, static_cast<char>('a' + turn));
    row.stored.lease.token = static_cast<std::uint64_t>(turn) + 1;
    EXPECT_EQ(decode_lease(uuid_key(id_of(4)), encode(row.stored, row.end_number)), row);
  }
}

TEST(Codec, WhetherALeaseEndedBeforeANumber) {
  const std::string key = uuid_key(id_of(4));
  const std::string row = encode(ended_lease(), 77);
  EXPECT_TRUE(ended_before(78, key, row));
  EXPECT_FALSE(ended_before(77, key, row));
  EXPECT_FALSE(ended_before(78, key, encode(active_lease())));
  EXPECT_FALSE(ended_before(78, uuid_key(id_of(5)), row)) << "another key";
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string damaged = row;
    damaged[at] ^= 1;
    EXPECT_FALSE(ended_before(78, key, damaged)) << "damaged at " << at;
    EXPECT_FALSE(ended_before(78, key, row.substr(0, at))) << "cut at " << at;
  }
}

TEST(Codec, NilBootIdIsAllowed) {
  StoredLease lease = active_lease();
  lease.boot_id = Uuid{};
  lease.deadline_since_boot = Duration::zero();
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), encode(lease)), LeaseRow{lease});
}

TEST(Codec, HealthRoundTrips) {
  EXPECT_EQ(round_trip(full_health()), full_health());
  EXPECT_EQ(round_trip(bare_health()), bare_health());
}

TEST(Codec, MetaValuesRoundTrip) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    EXPECT_EQ(decode_number(kTokenMarkKey, encode_number(kTokenMarkKey, number)), number);
  }
  EXPECT_EQ(decode_cursor(cursor_key(id_of(1)), encode_cursor(id_of(1), id_of(3))), id_of(3));
  EXPECT_EQ(decode_boot_anchor(kBootAnchorKey, encode(boot_anchor())), boot_anchor());
}

TEST(Codec, AbsentDiffersFromEmptyAndZero) {
  ProxyPool pool = bare_pool();
  pool.description = "";
  EXPECT_EQ(round_trip(pool), pool);

  using Set = void (*)(Proxy&);
  const Set setters[] = {[](Proxy& p) { p.credentials = Credentials{}; },
                         [](Proxy& p) { p.source = ""; },
                         [](Proxy& p) { p.country = ""; },
                         [](Proxy& p) { p.city = ""; },
                         [](Proxy& p) { p.latitude = 0; },
                         [](Proxy& p) { p.longitude = 0; },
                         [](Proxy& p) { p.isp = ""; },
                         [](Proxy& p) { p.asn = 0; },
                         [](Proxy& p) { p.max_concurrency = 1; }};
  for (const Set set : setters) {
    Proxy proxy = bare_proxy();
    set(proxy);
    EXPECT_NE(proxy, bare_proxy());
    EXPECT_EQ(round_trip(proxy), proxy);
  }

  HealthCheckResult result = bare_health();
  result.status_code = 0;
  EXPECT_EQ(round_trip(result), result);
  result = bare_health();
  result.error_message = "";
  EXPECT_EQ(round_trip(result), result);
}

TEST(Codec, CurrentLeasesIsNotStored) {
  Proxy proxy = full_proxy();
  proxy.current_leases = 5;
  EXPECT_EQ(encode(proxy), encode(full_proxy()));
}

TEST(Codec, ExtremeValuesRoundTrip) {
  StoredLease stored = ended_lease();
  stored.lease.acquired_at = kMinTimestamp;
  stored.lease.expires_at = kMaxTimestamp;
  stored.lease.released_at = Timestamp{};
  stored.lease.token = ~std::uint64_t{0};
  const LeaseRow row{stored, kMaxEndNumber};
  EXPECT_EQ(decode_lease(uuid_key(id_of(4)), encode(stored, row.end_number)), row);

  Proxy proxy = full_proxy();
  proxy.host.assign(255, 'h');
  proxy.credentials = Credentials{std::string(255, 'u'), std::string("\0\n", 2)};
  proxy.latitude = -90;
  proxy.longitude = 180;
  proxy.asn = proxy.max_concurrency = ~std::uint32_t{0};
  EXPECT_EQ(round_trip(proxy), proxy);

  HealthCheckResult result = full_health();
  result.status_code = std::numeric_limits<std::int32_t>::min();
  result.latency_ms = ~std::uint32_t{0};
  EXPECT_EQ(round_trip(result), result);
}

TEST(Codec, ValuesAreReadWhereverTheyLie) {
  const std::string value = encode(full_proxy());
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const std::string block = std::string(shift, 'x') + value;
    EXPECT_EQ(decode_proxy(uuid_key(id_of(3)), std::string_view(block).substr(shift)),
              full_proxy());
  }
}

}  // namespace
}  // namespace pharox::format::testing
