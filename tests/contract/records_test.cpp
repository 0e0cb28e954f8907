// Contract, section 1: what a record holds, which are refused, and that they come back whole.
#include <cmath>
#include <functional>
#include <limits>

#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Records : public ContractTest {};
PHAROX_FOR_EVERY_BACKEND(Records);

Proxy full_proxy(const Uuid& pool_id) {
  Proxy proxy = proxy_of(7, pool_id);
  proxy.host = "2001:db8::17";
  proxy.port = 65535;
  proxy.protocol = ProxyProtocol::socks5;
  proxy.status = ProxyStatus::slow;
  proxy.checked_at = kStart + 123456us;
  proxy.credentials = Credentials{"user name", "pass/word"};
  proxy.source = "a list";
  proxy.country = "DE";
  proxy.city = "Köln";
  proxy.latitude = 50.9375;
  proxy.longitude = 6.9603;
  proxy.isp = "Example Net";
  proxy.asn = 64500;
  proxy.max_concurrency = 3;
  return proxy;
}

TEST_P(Records, ProxyComesBackWhole) {
  const Proxy proxy = full_proxy(pool.id);
  storage().save_proxy(proxy);
  reopen();
  EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
}

TEST_P(Records, AbsentFieldsStayAbsent) {
  const Proxy proxy = save(1);
  reopen();
  EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
}

TEST_P(Records, PoolComesBackWhole) {
  ProxyPool described = pool_of(2, "described");
  described.description = "für Tests";
  storage().save_pool(described);
  reopen();
  EXPECT_EQ(storage().get_pool("described"), described);
  EXPECT_EQ(storage().get_pool(described.id), described);
}

TEST_P(Records, DefaultsAreThoseOfTheContract) {
  const Timestamp before = utc_now();
  const Proxy proxy;
  const HealthCheckResult result;
  EXPECT_EQ(proxy.status, ProxyStatus::inactive);
  EXPECT_FALSE(proxy.max_concurrency);
  EXPECT_FALSE(proxy.credentials);
  EXPECT_GE(proxy.checked_at, before);
  EXPECT_LE(proxy.checked_at, utc_now());
  EXPECT_EQ(result.attempts, 1u);
  EXPECT_GE(result.checked_at, before);
  EXPECT_NE(Proxy{}.id, Proxy{}.id);
}

TEST_P(Records, EveryExtremeThatTheRulesAllowIsKept) {
  const auto round_trip = [&](auto change) {
    const Proxy proxy = save(9, change);
    reopen();
    EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
  };
  round_trip([](Proxy& p) {
    p.port = 1;
    p.asn = 0;
    p.latitude = -90;
    p.longitude = -180;
    p.max_concurrency = 1;
    p.host = "h";
    p.checked_at = kMinTimestamp;
    p.source = "";
  });
  round_trip([](Proxy& p) {
    p.asn = std::numeric_limits<std::uint32_t>::max();
    p.latitude = 90;
    p.longitude = 180;
    p.max_concurrency = std::numeric_limits<std::uint32_t>::max();
    p.host = std::string(255, 'h');
    p.checked_at = kMaxTimestamp;
    p.source = std::string(255, 's');
  });
  storage().save_pool(pool_of(3, std::string(128, 'n')));
  storage().ensure_consumer(std::string(128, 'n'));
}

TEST_P(Records, EveryProtocolAndStatusIsKept) {
  for (const auto protocol :
       {ProxyProtocol::http, ProxyProtocol::https, ProxyProtocol::socks4, ProxyProtocol::socks5}) {
    for (const auto status :
         {ProxyStatus::active, ProxyStatus::inactive, ProxyStatus::slow, ProxyStatus::banned}) {
      const Proxy proxy = save(4, [&](Proxy& p) {
        p.protocol = protocol;
        p.status = status;
      });
      EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
    }
  }
}

TEST_P(Records, CurrentLeasesIsIgnoredWhenSaved) {
  const Proxy proxy = save(1, [](Proxy& p) { p.current_leases = 17; });
  EXPECT_EQ(storage().get_proxy(proxy.id).current_leases, 0u);
  ASSERT_TRUE(acquire());
  storage().save_proxy(proxy);
  reopen();
  EXPECT_EQ(storage().get_proxy(proxy.id).current_leases, 1u);
}

struct BrokenRule {
  std::string field;
  std::string value;  // as it must stand in the message; empty where it is too long to be shown
  std::function<void(Proxy&)> change;
};

const BrokenRule kBrokenRules[] = {
    {"id", "", [](Proxy& p) { p.id = {}; }},
    {"host", "", [](Proxy& p) { p.host = ""; }},
    {"host", "", [](Proxy& p) { p.host = std::string(256, 'h'); }},
    {"host", "a b", [](Proxy& p) { p.host = "a b"; }},
    {"host", "a/b", [](Proxy& p) { p.host = "a/b"; }},
    {"host", "@b", [](Proxy& p) { p.host = "a@b"; }},
    {"host", "", [](Proxy& p) { p.host = "a\nb"; }},
    {"host", "", [](Proxy& p) { p.host = "\xff"; }},
    {"port", "0", [](Proxy& p) { p.port = 0; }},
    {"latitude", "90.5",
     [](Proxy& p) {
       p.latitude = 90.5;
       p.longitude = 0;
     }},
    {"latitude", "-91",
     [](Proxy& p) {
       p.latitude = -91;
       p.longitude = 0;
     }},
    {"latitude", "nan",
     [](Proxy& p) {
       p.latitude = std::nan("");
       p.longitude = 0;
     }},
    {"longitude", "180.5",
     [](Proxy& p) {
       p.latitude = 0;
       p.longitude = 180.5;
     }},
    {"longitude", "-181",
     [](Proxy& p) {
       p.latitude = 0;
       p.longitude = -181;
     }},
    {"max_concurrency", "0", [](Proxy& p) { p.max_concurrency = 0; }},
    {"source", "", [](Proxy& p) { p.source = std::string(256, 's'); }},
    {"country", "", [](Proxy& p) { p.country = "\xc3\x28"; }},
    {"city", "", [](Proxy& p) { p.city = std::string(256, 'c'); }},
    {"isp", "", [](Proxy& p) { p.isp = "\xed\xa0\x80"; }},  // a surrogate
    {"user", "",
     [](Proxy& p) {
       p.credentials = Credentials{std::string(256, 'u'), "p"};
     }},
    {"password", "",
     [](Proxy& p) {
       p.credentials = Credentials{"u", std::string(256, 'p')};
     }},
    {"checked_at", "", [](Proxy& p) { p.checked_at = kMaxTimestamp + kMicrosecond; }},
};

TEST_P(Records, EachBrokenRuleIsNamedAndNothingChanges) {
  save(1);
  const Contents before = contents();
  for (const BrokenRule& broken : kBrokenRules) {
    SCOPED_TRACE(broken.field + " " + broken.value);
    Proxy proxy = proxy_of(1, pool.id);
    broken.change(proxy);
    const std::string text = text_of<InvalidArgumentError>([&] { storage().save_proxy(proxy); });
    EXPECT_NE(text.find(broken.field), std::string::npos) << text;
    EXPECT_NE(text.find(broken.value), std::string::npos) << text;
    EXPECT_EQ(contents(), before);
  }
}

TEST_P(Records, NamesAreOneTo128Bytes) {
  for (const std::string& name : {std::string(), std::string(129, 'n'), std::string("\x80")}) {
    const std::string text =
        text_of<InvalidArgumentError>([&] { storage().save_pool(pool_of(5, name)); });
    EXPECT_NE(text.find("name"), std::string::npos) << text;
    EXPECT_THROW(storage().ensure_consumer(name), InvalidArgumentError);
  }
  EXPECT_EQ(storage().list_pools().size(), 1u);
  EXPECT_EQ(storage().list_consumers().size(), 1u);
}

TEST_P(Records, TooLongDescriptionIsRefused) {
  ProxyPool described = pool_of(5, "described");
  described.description = std::string(256, 'd');
  EXPECT_NE(
      text_of<InvalidArgumentError>([&] { storage().save_pool(described); }).find("description"),
      std::string::npos);
}

TEST_P(Records, BrokenHealthResultIsNamedAndChangesNothing) {
  const Proxy proxy = save(1);
  HealthCheckResult result = health_of(proxy.id, ProxyStatus::banned, kStart);
  result.attempts = 0;
  const std::string text =
      text_of<InvalidArgumentError>([&] { storage().apply_health_check_result(result); });
  EXPECT_NE(text.find("attempts"), std::string::npos) << text;
  EXPECT_EQ(storage().get_proxy(proxy.id), proxy);
  EXPECT_FALSE(storage().get_last_health_result(proxy.id));
}

TEST_P(Records, PasswordIsInNoMessage) {
  const std::string secret = "s3cr3t-word";
  for (const BrokenRule& broken : kBrokenRules) {
    Proxy proxy = proxy_of(1, pool.id);
    proxy.credentials = Credentials{"user", secret};
    broken.change(proxy);
    EXPECT_EQ(text_of<InvalidArgumentError>([&] { storage().save_proxy(proxy); }).find(secret),
              std::string::npos);
  }
  Proxy stray = proxy_of(1, id_of(404));
  stray.credentials = Credentials{"user", secret};
  EXPECT_EQ(text_of<PoolNotFoundError>([&] { storage().save_proxy(stray); }).find(secret),
            std::string::npos);
  // A password that itself breaks the rule is not shown either.
  stray.credentials->password = secret + std::string(255, 'x');
  EXPECT_EQ(text_of<InvalidArgumentError>([&] { storage().save_proxy(stray); }).find(secret),
            std::string::npos);
}

TEST_P(Records, UrlPutsIpv6InBracketsAndEncodesCredentials) {
  Proxy proxy = proxy_of(1, pool.id);
  EXPECT_EQ(proxy.url(), "http://192.0.2.2:8080");
  proxy.host = "2001:db8::1";
  proxy.protocol = ProxyProtocol::socks5;
  proxy.credentials = Credentials{"a b", "p@s:s/%~-._é"};
  EXPECT_EQ(proxy.url(), "socks5://a%20b:p%40s%3As%2F%25~-._%C3%A9@[2001:db8::1]:8080");
  proxy.host = "proxy.example";
  proxy.protocol = ProxyProtocol::https;
  proxy.credentials = Credentials{"", ""};
  EXPECT_EQ(proxy.url(), "https://:@proxy.example:8080");
}

TEST_P(Records, LeaseHoldsWhoLeasedWhatAndUntilWhen) {
  const Proxy proxy = save(1);
  clock.advance(1s + kMicrosecond);
  const std::optional<Lease> lease = acquire_for(90s);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->proxy_id, proxy.id);
  EXPECT_EQ(lease->consumer_id, storage().ensure_consumer(kWorker));
  EXPECT_EQ(lease->pool_id, pool.id);
  EXPECT_EQ(lease->pool_name, kPool);
  EXPECT_EQ(lease->status, LeaseStatus::active);
  EXPECT_EQ(lease->acquired_at, kStart + 1s + kMicrosecond);
  EXPECT_EQ(lease->expires_at, lease->acquired_at + 90s);
  EXPECT_FALSE(lease->released_at);
  EXPECT_FALSE(lease->end_reason);
  EXPECT_GT(lease->token, 0u);
  reopen();
  EXPECT_EQ(storage().get_lease(lease->id), lease);
}

TEST_P(Records, LeaseIdsAreVersion7InOrderOfAcquisition) {
  save(1);
  Uuid last;
  for (int i = 0; i < 50; ++i) {
    const std::optional<Lease> lease = acquire();
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->id.version(), 7);
    EXPECT_GT(lease->id, last);
    last = lease->id;
    if (i % 10 == 9) clock.set_wall(clock.now().wall - 1h);  // ids rise all the same
  }
}

TEST_P(Records, TokensRiseOverTheWholeStoreAndAcrossReopening) {
  save(1);
  save_exclusive(2);
  std::uint64_t last = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 5; ++i) {
      const Lease lease =
          i % 2 == 0 ? acquire().value() : storage().create_lease(id_of(1), kWorker, kLeaseTime);
      EXPECT_GT(lease.token, last);
      last = lease.token;
      if (i % 3 == 0) storage().release_lease(lease);
    }
    reopen();
  }
}

// One handler for each branch of the hierarchy, as section 2 draws it.
static_assert(std::is_base_of_v<std::runtime_error, PharoxError>);
static_assert(std::is_base_of_v<PharoxError, InvalidArgumentError>);
static_assert(std::is_base_of_v<InvalidArgumentError, InvalidLeaseError>);
static_assert(std::is_base_of_v<PharoxError, PoolNotFoundError>);
static_assert(std::is_base_of_v<PharoxError, ProxyNotFoundError>);
static_assert(std::is_base_of_v<PharoxError, ConsumerNotFoundError>);
static_assert(std::is_base_of_v<PharoxError, ProxyUnavailableError>);
static_assert(std::is_base_of_v<PharoxError, DuplicateNameError>);
static_assert(std::is_base_of_v<PharoxError, StorageError>);
static_assert(std::is_base_of_v<StorageError, CorruptionError>);
static_assert(std::is_base_of_v<StorageError, StoreLockedError>);

}  // namespace
}  // namespace pharox::tests
