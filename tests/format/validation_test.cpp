#include <gtest/gtest.h>

#include <cmath>

#include "pharox/errors.h"
#include "refusal_of.h"
#include "sample_records.h"

namespace pharox::format::testing {
namespace {

template <typename Record, typename Change>
std::string complaint(Record record, Change change) {
  change(record);
  return message_of<InvalidArgumentError>([&] { validate(record); });
}

// "(accepted)" when the full proxy with `change` passes.
template <typename Change>
std::string proxy_with(Change change) {
  return complaint(full_proxy(), change);
}

constexpr const char* kAccepted = "(accepted)";

TEST(Validation, SampleRecordsAreAccepted) {
  EXPECT_NO_THROW(validate(full_pool()));
  EXPECT_NO_THROW(validate(bare_pool()));
  EXPECT_NO_THROW(validate(full_consumer()));
  EXPECT_NO_THROW(validate(full_proxy()));
  EXPECT_NO_THROW(validate(bare_proxy()));
  EXPECT_NO_THROW(validate(active_lease()));
  EXPECT_NO_THROW(validate(ended_lease()));
  EXPECT_NO_THROW(validate(full_health()));
  EXPECT_NO_THROW(validate(bare_health()));
}

TEST(Validation, MessageNamesFieldValueAndRule) {
  EXPECT_EQ(proxy_with([](Proxy& p) { p.port = 0; }),
            "proxy.port is 0; it must be from 1 to 65535");
  EXPECT_EQ(proxy_with([](Proxy& p) { p.latitude = 90.5; }),
            "proxy.latitude is 90.5; it must be from -90 to 90");
  EXPECT_EQ(proxy_with([](Proxy& p) { p.status = ProxyStatus{9}; }),
            "proxy.status is number 9; it must be a known one");
  EXPECT_EQ(complaint(bare_pool(), [](ProxyPool& p) { p.name.clear(); }),
            "pool.name is \"\"; it must be 1 to 128 bytes of UTF-8");
}

TEST(Validation, LongAndBinaryTextIsShortenedAndEscaped) {
  EXPECT_EQ(complaint(bare_pool(), [](ProxyPool& p) { p.name = std::string(129, 'n'); }),
            "pool.name is \"" + std::string(64, 'n') +
                "...\" (129 bytes); it must be 1 to 128 bytes of UTF-8");
  EXPECT_EQ(complaint(full_consumer(), [](Consumer& c) { c.name = "a\xff\"\n\\"; }),
            "consumer.name is \"a\\xff\\\"\\x0a\\\\\"; it must be 1 to 128 bytes of UTF-8");
}

TEST(Validation, NamesHaveOneTo128Bytes) {
  const auto pool_named = [](const std::string& name) {
    return complaint(bare_pool(), [&](ProxyPool& p) { p.name = name; });
  };
  EXPECT_EQ(pool_named(std::string(128, 'n')), kAccepted);
  EXPECT_NE(pool_named(std::string(127, 'n') + "\xc3\xa9"), kAccepted);
  EXPECT_NE(pool_named("\xc3"), kAccepted);
}

TEST(Validation, TextsHaveAtMost255Bytes) {
  for (auto field : {&Proxy::source, &Proxy::country, &Proxy::city, &Proxy::isp}) {
    EXPECT_EQ(proxy_with([&](Proxy& p) { p.*field = std::string(255, 't'); }), kAccepted);
    EXPECT_EQ(proxy_with([&](Proxy& p) { p.*field = ""; }), kAccepted);
    EXPECT_NE(proxy_with([&](Proxy& p) { p.*field = std::string(256, 't'); }), kAccepted);
    EXPECT_NE(proxy_with([&](Proxy& p) { p.*field = "\xed\xa0\x80"; }), kAccepted);
  }
  EXPECT_NE(complaint(bare_pool(), [](ProxyPool& p) { p.description = std::string(256, 't'); }),
            kAccepted);
  EXPECT_NE(complaint(full_health(),
                      [](HealthCheckResult& r) { r.error_message = std::string(256, 't'); }),
            kAccepted);
}

TEST(Validation, NilIdsAreRefused) {
  EXPECT_EQ(proxy_with([](Proxy& p) { p.pool_id = Uuid{}; }),
            "proxy.pool_id is the nil UUID; it must be another one");
  EXPECT_NE(proxy_with([](Proxy& p) { p.id = Uuid{}; }), kAccepted);
  EXPECT_NE(complaint(bare_pool(), [](ProxyPool& p) { p.id = Uuid{}; }), kAccepted);
  EXPECT_NE(complaint(full_consumer(), [](Consumer& c) { c.id = Uuid{}; }), kAccepted);
  EXPECT_NE(complaint(full_health(), [](HealthCheckResult& r) { r.proxy_id = Uuid{}; }), kAccepted);
  for (auto field : {&Lease::id, &Lease::proxy_id, &Lease::consumer_id, &Lease::pool_id}) {
    EXPECT_NE(complaint(active_lease().lease, [&](Lease& l) { l.*field = Uuid{}; }), kAccepted);
  }
}

TEST(Validation, HostsThatWouldBreakAUrlAreRefused) {
  const auto host = [](const std::string& text) {
    return proxy_with([&](Proxy& p) { p.host = text; });
  };
  for (const char* good : {"1.2.3.4", "2001:db8::1", "proxy.example",
                           "b\xc3\xbc"
                           "cher.example"}) {
    EXPECT_EQ(host(good), kAccepted) << good;
  }
  EXPECT_EQ(host(std::string(255, 'h')), kAccepted);
  for (const char* bad : {"", "a b", "a\tb", "a/b", "a@b", "a\x7f", "\xff"}) {
    EXPECT_TRUE(contains(host(bad), "proxy.host is \"")) << bad;
  }
  EXPECT_NE(host(std::string(256, 'h')), kAccepted);
  EXPECT_NE(host(std::string("a\0b", 3)), kAccepted);
}

TEST(Validation, PasswordIsNeverShown) {
  const std::string secret = "hunter2";
  const std::string long_one =
      proxy_with([&](Proxy& p) { p.credentials->password = secret + std::string(250, 'x'); });
  EXPECT_EQ(long_one,
            "proxy.credentials.password is a secret, not shown; it must be at most 255 bytes of "
            "UTF-8");
  const std::string whole_url =
      proxy_with([&](Proxy& p) { p.host = "http://user:" + secret + "@1.2.3.4"; });
  EXPECT_TRUE(contains(whole_url, "proxy.host is \"***@1.2.3.4\"")) << whole_url;
  EXPECT_FALSE(contains(whole_url, secret));
  EXPECT_TRUE(contains(proxy_with([](Proxy& p) { p.credentials->user = "\xff"; }),
                       "proxy.credentials.user"));
}

TEST(Validation, CoordinatesStayOnTheGlobe) {
  for (const double good : {-90.0, 0.0, 90.0}) {
    EXPECT_EQ(proxy_with([&](Proxy& p) { p.latitude = good; }), kAccepted);
    EXPECT_EQ(proxy_with([&](Proxy& p) { p.longitude = 2 * good; }), kAccepted);
  }
  for (const double bad : {-90.000001, 90.000001, std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    EXPECT_NE(proxy_with([&](Proxy& p) { p.latitude = bad; }), kAccepted);
    EXPECT_NE(proxy_with([&](Proxy& p) { p.longitude = 2 * bad; }), kAccepted);
  }
  EXPECT_EQ(proxy_with([](Proxy& p) { p.latitude.reset(); }), kAccepted);
}

TEST(Validation, CountsStartAtOne) {
  EXPECT_NE(proxy_with([](Proxy& p) { p.max_concurrency = 0; }), kAccepted);
  EXPECT_EQ(proxy_with([](Proxy& p) { p.max_concurrency = 1; }), kAccepted);
  EXPECT_EQ(proxy_with([](Proxy& p) { p.asn = 0; }), kAccepted);
  EXPECT_EQ(complaint(full_health(), [](HealthCheckResult& r) { r.attempts = 0; }),
            "health.attempts is 0; it must be at least 1");
}

TEST(Validation, TimestampsHaveAFourDigitYear) {
  for (const Timestamp bad : {Timestamp::min(), kMinTimestamp - Duration{1},
                              kMaxTimestamp + Duration{1}, Timestamp::max()}) {
    EXPECT_NE(proxy_with([&](Proxy& p) { p.checked_at = bad; }), kAccepted);
    EXPECT_NE(complaint(full_health(), [&](HealthCheckResult& r) { r.checked_at = bad; }),
              kAccepted);
    EXPECT_NE(complaint(active_lease().lease, [&](Lease& l) { l.acquired_at = bad; }), kAccepted);
    EXPECT_NE(complaint(active_lease().lease, [&](Lease& l) { l.expires_at = bad; }), kAccepted);
    EXPECT_NE(complaint(ended_lease().lease, [&](Lease& l) { l.released_at = bad; }), kAccepted);
  }
}

TEST(Validation, LeaseRenewedAfterTheWallClockWasSetBackIsAccepted) {
  EXPECT_EQ(complaint(active_lease().lease,
                      [](Lease& l) { l.expires_at = l.acquired_at - std::chrono::hours{1}; }),
            kAccepted);
  EXPECT_EQ(complaint(ended_lease().lease,
                      [](Lease& l) { l.released_at = l.acquired_at - std::chrono::hours{1}; }),
            kAccepted);
}

TEST(Validation, EndIsKnownExactlyWhenReleased) {
  const Lease active = active_lease().lease;
  const Lease ended = ended_lease().lease;
  EXPECT_EQ(complaint(active, [](Lease& l) { l.end_reason = EndReason::expired; }),
            "lease.end_reason is expired; it must be absent when status is active");
  EXPECT_NE(complaint(active, [](Lease& l) { l.released_at = kNoon; }), kAccepted);
  EXPECT_NE(complaint(ended, [](Lease& l) { l.end_reason.reset(); }), kAccepted);
  EXPECT_EQ(complaint(ended, [](Lease& l) { l.released_at.reset(); }),
            "lease.released_at is absent; it must be set when status is released");
  EXPECT_NE(complaint(ended, [](Lease& l) { l.status = LeaseStatus::active; }), kAccepted);
  EXPECT_NE(complaint(active, [](Lease& l) { l.status = LeaseStatus{0}; }), kAccepted);
}

TEST(Validation, SpansOfAStoredLeaseAreBounded) {
  for (auto span : {&StoredLease::duration, &StoredLease::deadline_since_boot}) {
    EXPECT_NE(complaint(active_lease(), [&](StoredLease& l) { l.*span = Duration{-1}; }),
              kAccepted);
    EXPECT_NE(complaint(active_lease(), [&](StoredLease& l) { l.*span = Duration::max(); }),
              kAccepted);
  }
}

TEST(EnumNames, RoundTrip) {
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(parse_proxy_protocol(to_string(ProxyProtocol(i))), ProxyProtocol(i));
    EXPECT_EQ(parse_proxy_status(to_string(ProxyStatus(i))), ProxyStatus(i));
  }
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(parse_lease_status(to_string(LeaseStatus(i))), LeaseStatus(i));
  }
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(parse_end_reason(to_string(EndReason(i))), EndReason(i));
  }
  EXPECT_FALSE(parse_proxy_status("Active"));
  EXPECT_FALSE(parse_proxy_protocol("unknown"));
  EXPECT_FALSE(parse_end_reason(""));
}

TEST(ProxyUrl, EncodesCredentialsAndBracketsIpv6) {
  EXPECT_EQ(full_proxy().url(), "socks5://user:s3cret%20p%40ss@[2001:db8::1]:65535");
  EXPECT_EQ(bare_proxy().url(), "http://h:1");
  Proxy proxy = bare_proxy();
  proxy.credentials = Credentials{"a-._~Z9", "\xc3\xa9:/%"};
  EXPECT_EQ(proxy.url(), "http://a-._~Z9:%C3%A9%3A%2F%25@h:1");
  proxy.credentials = Credentials{};
  EXPECT_EQ(proxy.url(), "http://:@h:1");
}

}  // namespace
}  // namespace pharox::format::testing
