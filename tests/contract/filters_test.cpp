// Contract, section 5: filters, but for their geography.
#include <cmath>
#include <map>

#include "tests/contract/contract_test.h"

namespace pharox::tests {
namespace {

class Filters : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    save(1, [](Proxy& p) {
      p.source = "list", p.country = "DE", p.city = "Berlin", p.isp = "North", p.asn = 0;
    });
    save(2, [](Proxy& p) {
      p.source = "list", p.country = "DE", p.city = "Bonn", p.isp = "South", p.asn = 7;
    });
    save(3, [](Proxy& p) {
      p.source = "shop", p.country = "FR", p.city = "Paris", p.isp = "North", p.asn = 7;
    });
    save(4);
  }
  // The numbers of the proxies that match.
  void expect_matching(const ProxyFilters& filters, std::initializer_list<std::uint64_t> numbers) {
    std::vector<Uuid> expected;
    for (const std::uint64_t number : numbers) expected.push_back(id_of(number));
    EXPECT_EQ(matching(filters), expected);
    for (std::uint64_t number = 1; number <= 4; ++number) {
      const bool expects =
          std::find(expected.begin(), expected.end(), id_of(number)) != expected.end();
      EXPECT_EQ(matches(filters, storage().get_proxy(id_of(number))), expects) << number;
    }
  }
};
PHAROX_FOR_EVERY_BACKEND(Filters);

TEST_P(Filters, NoConditionMatchesAll) { expect_matching({}, {1, 2, 3, 4}); }

TEST_P(Filters, EachFieldIsACondition) {
  expect_matching({.source = "list"}, {1, 2});
  expect_matching({.country = "DE"}, {1, 2});
  expect_matching({.city = "Bonn"}, {2});
  expect_matching({.isp = "North"}, {1, 3});
  expect_matching({.asn = 7}, {2, 3});
  expect_matching({.country = "de"}, {});
}

TEST_P(Filters, AllSetFieldsMustMatch) {
  expect_matching({.country = "DE", .isp = "North"}, {1});
  expect_matching({.source = "shop", .country = "DE"}, {});
}

TEST_P(Filters, EmptyTextIsNoCondition) {
  expect_matching({.source = "", .country = "", .city = "", .isp = ""}, {1, 2, 3, 4});
  expect_matching({.country = "DE", .city = ""}, {1, 2});
}

TEST_P(Filters, Asn0IsACondition) { expect_matching({.asn = 0}, {1}); }

TEST_P(Filters, ProxyWithoutTheAttributeNeverMatches) {
  for (const ProxyFilters& filters :
       {ProxyFilters{.country = "XX"}, ProxyFilters{.asn = 1}, ProxyFilters{.city = "4"}}) {
    expect_matching(filters, {});
  }
}

TEST_P(Filters, AllOfAsksForEveryClause) {
  expect_matching({.all_of = {{.country = "DE"}, {.asn = 7}}}, {2});
  expect_matching({.isp = "North", .all_of = {{.country = "DE"}}}, {1});
}

TEST_P(Filters, AnyOfAsksForAtLeastOne) {
  expect_matching({.any_of = {{.city = "Bonn"}, {.country = "FR"}}}, {2, 3});
  expect_matching({.any_of = {{.city = "Rome"}}}, {});
  expect_matching({.asn = 7, .any_of = {{.country = "DE"}, {.isp = "East"}}}, {2});
}

TEST_P(Filters, NoneOfForbidsEach) {
  expect_matching({.none_of = {{.city = "Bonn"}, {.country = "FR"}}}, {1, 4});
  expect_matching({.country = "DE", .none_of = {{.asn = 0}}}, {2});
}

TEST_P(Filters, EmptyListsAreNoCondition) {
  expect_matching({.all_of = {}, .any_of = {}, .none_of = {}}, {1, 2, 3, 4});
}

TEST_P(Filters, ClauseWithoutConditionMatchesAll) {
  expect_matching({.all_of = {{}}}, {1, 2, 3, 4});
  expect_matching({.any_of = {{.city = "Rome"}, {}}}, {1, 2, 3, 4});
  expect_matching({.none_of = {{}}}, {});
}

TEST_P(Filters, ClausesNest) {
  expect_matching(
      {.any_of = {{.all_of = {{.country = "DE"}, {.none_of = {{.asn = 0}}}}}, {.city = "Paris"}}},
      {2, 3});
  expect_matching({.none_of = {{.none_of = {{.country = "DE"}}}}}, {1, 2});
  expect_matching({.none_of = {{.any_of = {{.asn = 0}, {.asn = 7}}}}}, {4});
}

TEST_P(Filters, DeepestNestingIsAllowedAndOneMoreIsNot) {
  ProxyFilters filters{.country = "DE"};
  for (int depth = 1; depth < kMaxFilterDepth; ++depth) {
    ProxyFilters outer;
    outer.all_of.push_back(std::move(filters));
    filters = std::move(outer);
  }
  expect_matching(filters, {1, 2});
  // One level may be counted differently, two may not.
  for (int more = 0; more < 2; ++more) {
    ProxyFilters outer;
    outer.any_of.push_back(std::move(filters));
    filters = std::move(outer);
  }
  EXPECT_THROW(find(filters), InvalidArgumentError);
  EXPECT_THROW(validate(filters), InvalidArgumentError);
}

TEST_P(Filters, InvalidOnesAreRefusedByNameAndNothingIsLeased) {
  const std::pair<std::string, ProxyFilters> broken[] = {
      {"longitude", {.latitude = 1.0}},
      {"latitude", {.longitude = 1.0}},
      {"radius_km", {.radius_km = 1.0}},
      {"radius_km", {.latitude = 1.0, .longitude = 1.0, .radius_km = 0.0}},
      {"radius_km", {.latitude = 1.0, .longitude = 1.0, .radius_km = -5.0}},
      {"radius_km", {.latitude = 1.0, .longitude = 1.0, .radius_km = std::nan("")}},
      {"latitude", {.latitude = 90.5, .longitude = 1.0}},
      {"latitude", {.latitude = std::nan(""), .longitude = 1.0}},
      {"longitude", {.latitude = 1.0, .longitude = -180.5}},
  };
  const Contents before = contents();
  for (const auto& [field, filters] : broken) {
    for (const ProxyFilters& each :
         {filters, ProxyFilters{.all_of = {filters}}, ProxyFilters{.any_of = {{}, filters}},
          ProxyFilters{.none_of = {{.any_of = {filters}}}}}) {
      const std::string text = text_of<InvalidArgumentError>([&] { acquire(each); });
      EXPECT_NE(text.find(field), std::string::npos) << text;
      EXPECT_THROW(find(each), InvalidArgumentError);
    }
  }
  EXPECT_EQ(contents(), before);
}

TEST_P(Filters, ChangedAttributesAreFollowed) {
  save(1, [](Proxy& p) { p.country = "FR"; });
  expect_matching({.country = "DE"}, {2});
  expect_matching({.country = "FR"}, {1, 3});
  storage().delete_proxy(id_of(3));
  EXPECT_EQ(matching({.country = "FR"}), std::vector{id_of(1)});
  reopen();
  EXPECT_EQ(matching({.country = "FR"}), std::vector{id_of(1)});
}

TEST_P(Filters, PredicateDecidesLast) {
  std::vector<Uuid> asked;
  ProxyFilters filters{.country = "DE"};
  filters.predicate = [&](const Proxy& proxy) {
    asked.push_back(proxy.id);
    return proxy.city == "Bonn";
  };
  EXPECT_EQ(acquire(filters)->proxy_id, id_of(2));
  EXPECT_EQ(asked, (std::vector{id_of(1), id_of(2)}));
}

TEST_P(Filters, PredicateIsAskedInTheSelectorsOrder) {
  save(3, [](Proxy& p) { p.checked_at = kStart + 1s; });
  storage().create_lease(id_of(2), kWorker, kLeaseTime);
  ASSERT_EQ(find({}, SelectorStrategy::round_robin)->id, id_of(1));
  const auto order = [&](SelectorStrategy selector) {
    std::vector<Uuid> asked;
    ProxyFilters filters;
    filters.predicate = [&](const Proxy& proxy) {
      asked.push_back(proxy.id);
      return false;
    };
    EXPECT_FALSE(acquire(filters, selector));
    return asked;
  };
  EXPECT_EQ(order(SelectorStrategy::first_available),
            (std::vector{id_of(3), id_of(1), id_of(2), id_of(4)}));
  EXPECT_EQ(order(SelectorStrategy::least_used),
            (std::vector{id_of(1), id_of(4), id_of(3), id_of(2)}));
  EXPECT_EQ(order(SelectorStrategy::round_robin),
            (std::vector{id_of(2), id_of(3), id_of(4), id_of(1)}));
}

// There are too many candidates to be sorted before the first are asked about.
TEST_P(Filters, PredicateIsAskedAboutEachProxyOnce) {
  for (std::uint64_t number = 5; number <= 600; ++number) {
    save(number, [&](Proxy& p) { p.country = number % 2 == 0 ? "DE" : "FR"; });
  }
  for (const auto selector : {SelectorStrategy::first_available, SelectorStrategy::least_used,
                              SelectorStrategy::round_robin}) {
    std::map<Uuid, int> asked;
    ProxyFilters filters{.country = "DE"};
    filters.predicate = [&](const Proxy& proxy) {
      ++asked[proxy.id];
      return false;
    };
    EXPECT_FALSE(acquire(filters, selector));
    EXPECT_EQ(asked.size(), 300u);
    for (const auto& [id, times] : asked) EXPECT_EQ(times, 1) << id.to_string();
  }
}

TEST_P(Filters, PredicateSeesTheProxyWithItsLeases) {
  const Lease lease = storage().create_lease(id_of(1), kWorker, kLeaseTime);
  ProxyFilters filters{.city = "Berlin"};
  std::optional<Proxy> seen;
  filters.predicate = [&](const Proxy& proxy) {
    seen = proxy;
    return true;
  };
  ASSERT_TRUE(find(filters));
  EXPECT_EQ(seen, storage().get_proxy(lease.proxy_id));
  EXPECT_EQ(seen->current_leases, 1u);
}

TEST_P(Filters, NestedPredicatesCombineAsClausesDo) {
  const auto city = [](std::string name) {
    ProxyFilters filters;
    filters.predicate = [name](const Proxy& proxy) { return proxy.city == name; };
    return filters;
  };
  expect_matching({.any_of = {city("Bonn"), {.country = "FR"}}}, {2, 3});
  expect_matching({.none_of = {city("Bonn"), city("Paris")}}, {1, 4});
  expect_matching({.all_of = {{.none_of = {{.any_of = {city("Berlin"), city("Bonn")}}}}}}, {3, 4});
  expect_matching({.country = "DE", .all_of = {city("Bonn"), {.asn = 7}}}, {2});
}

TEST_P(Filters, PredicateThatThrowsLeavesNothingLeased) {
  struct Refusal {};
  ProxyFilters filters;
  filters.predicate = [](const Proxy&) -> bool { throw Refusal{}; };
  const Contents before = contents();
  for (const auto selector : {SelectorStrategy::first_available, SelectorStrategy::least_used,
                              SelectorStrategy::round_robin}) {
    EXPECT_THROW(acquire(filters, selector), Refusal);
    EXPECT_THROW(find(filters, selector), Refusal);
  }
  EXPECT_EQ(contents(), before);
  EXPECT_EQ(find({}, SelectorStrategy::round_robin)->id, id_of(1));  // the cursor stayed too
}

TEST_P(Filters, PredicateThatCallsTheStoreIsRefused) {
  const Lease lease = storage().create_lease(id_of(4), kWorker, kLeaseTime);
  const Contents before = contents();
  const std::function<void()> calls[] = {
      [&] { acquire(); },
      [&] { storage().release_lease(lease); },
      [&] { storage().get_pool_stats(kPool); },
      [&] { storage().get_proxy(id_of(1)); },
      [&] { storage().list_pools(); },
      [&] { storage().cleanup_expired_leases(); },
  };
  for (const auto& call : calls) {
    ProxyFilters filters;
    filters.predicate = [&](const Proxy&) {
      call();
      return true;
    };
    EXPECT_THROW(acquire(filters), InvalidArgumentError);
  }
  EXPECT_EQ(contents(), before);
}

TEST_P(Filters, AfterAPredicateHasThrownTheStoreWorksOn) {
  ProxyFilters filters;
  filters.predicate = [](const Proxy&) -> bool { throw std::runtime_error("no"); };
  EXPECT_THROW(acquire(filters), std::runtime_error);
  EXPECT_TRUE(acquire());
}

}  // namespace
}  // namespace pharox::tests
