// The operations of a session that are about records, and the comparisons of what is stored.
#include "tests/model/comparison.h"
#include "tests/model/session.h"

namespace pharox::tests {

void Session::apply_health() {
  const HealthCheckResult result = random_.health();
  operation_ = "apply_health " + shown(result);
  expect_equal("proxy", storage_->apply_health_check_result(result), model_.apply_health(result));
}

void Session::save_proxy() {
  const Proxy proxy = random_.proxy();
  operation_ = "save_proxy " + shown(proxy);
  expect_equal("saved", outcome_of([&] { storage_->save_proxy(proxy); }), outcome_of([&] {
                 model_.save_proxies({&proxy, 1});
               }));
}

void Session::save_many() { save(random_.proxies(random_.below(8))); }

void Session::save(const std::vector<Proxy>& proxies) {
  operation_ = "add_proxies_bulk";
  for (const Proxy& proxy : proxies) operation_ += "\n    " + shown(proxy);
  const auto got = outcome_of([&] { storage_->add_proxies_bulk(proxies); });
  const auto expected = outcome_of([&] { model_.save_proxies(proxies); });
  // Of two proxies that are refused for different reasons, either may be named.
  if (!got.error.empty() && !expected.error.empty()) return;
  expect_equal("saved", got, expected);
}

void Session::delete_proxy() {
  const Uuid id = random_.proxy_id();
  operation_ = "delete_proxy " + id.to_string();
  expect_equal("deleted", outcome_of([&] { storage_->delete_proxy(id); }),
               outcome_of([&] { model_.delete_proxy(id); }));
}

void Session::delete_pool() {
  const Uuid id = random_.pool_id();
  operation_ = "delete_pool " + id.to_string();
  expect_equal("deleted", outcome_of([&] { storage_->delete_pool(id); }),
               outcome_of([&] { model_.delete_pool(id); }));
}

void Session::save_pool() { save(random_.pool()); }

void Session::save(const ProxyPool& pool) {
  operation_ = "save_pool " + shown(pool);
  expect_equal("saved", outcome_of([&] { storage_->save_pool(pool); }),
               outcome_of([&] { model_.save_pool(pool); }));
}

void Session::ensure_consumer() {
  std::string name = random_.consumer_name();
  if (name == "nobody") name = "default";  // nobody is never there
  operation_ = "ensure_consumer " + name;
  const Uuid id = storage_->ensure_consumer(name);
  if (const Consumer* known = model_.find_consumer(name)) {
    expect_equal("consumer", id, known->id);
    return;
  }
  expect(!id.is_nil(), "nil id");
  for (const Consumer& other : model_.consumers) expect(other.id != id, "id of another consumer");
  model_.consumers.push_back({.id = id, .name = name});
}

void Session::read_one() {
  const Uuid proxy_id = random_.proxy_id();
  const Uuid lease_id = random_lease();
  operation_ = "read proxy " + proxy_id.to_string() + " and lease " + lease_id.to_string();
  const std::optional<Proxy> proxy = model_.find_proxy(proxy_id);
  expect_equal("proxy", storage_->get_proxy_by_id(proxy_id), proxy);
  expect_equal("proxy", outcome_of([&] { return storage_->get_proxy(proxy_id); }), outcome_of([&] {
                 if (!proxy) throw ProxyNotFoundError("");
                 return *proxy;
               }));
  const auto health = model_.health.find(proxy_id);
  expect_equal("health", storage_->get_last_health_result(proxy_id),
               health == model_.health.end() ? std::nullopt : std::optional(health->second));
  const ModelLease* lease = model_.find_lease(lease_id);
  expect_equal("lease", storage_->get_lease(lease_id),
               lease == nullptr ? std::nullopt : std::optional(lease->lease));
}

void Session::list_page() {
  const auto page_of = [](auto records, const Page& page) {
    std::erase_if(records, [&](const auto& record) { return record.id <= page.after; });
    if (records.size() > page.limit) records.resize(page.limit);
    return records;
  };
  const std::string pool = random_.pool_name();
  const Page of_proxies{.after = random_.proxy_id(), .limit = 1 + random_.below(10)};
  operation_ = "list a page of " + pool;
  expect_equal("proxies", outcome_of([&] { return storage_->list_proxies(pool, of_proxies); }),
               outcome_of([&] {
                 const ProxyPool* known = model_.find_pool(pool);
                 if (known == nullptr) throw PoolNotFoundError("");
                 return page_of(model_.list_proxies(known->id), of_proxies);
               }));

  std::optional<std::string> consumer;
  if (random_.one_in(2)) consumer = random_.consumer_name();
  std::optional<LeaseStatus> status;
  if (random_.one_in(2)) status = random_.one_in(2) ? LeaseStatus::active : LeaseStatus::released;
  const Page of_leases{.after = random_lease(), .limit = 1 + random_.below(10)};
  operation_ += " and of the leases of " + consumer.value_or("all");
  expect_equal("leases", storage_->list_leases(consumer, status, of_leases),
               page_of(model_.list_leases(consumer, status), of_leases));
}

void Session::compare_stats() {
  for (const char* name : {"alpha", "beta", "gamma", "nowhere"}) {
    expect_equal(std::string("statistics of ") + name, storage_->get_pool_stats(name),
                 model_.stats(name));
  }
}

void Session::compare_everything() {
  expect_equal("pools", storage_->list_pools(), model_.list_pools());
  expect_equal("consumers", storage_->list_consumers(), model_.list_consumers());
  for (const ProxyPool& pool : model_.list_pools()) {
    expect_equal("pool by id", storage_->get_pool(pool.id), pool);
    expect_equal("pool by name", storage_->get_pool(pool.name), pool);
    expect_equal("proxies of " + pool.name, storage_->list_proxies(pool.name),
                 model_.list_proxies(pool.id));
  }
  expect_equal("leases", storage_->list_leases(), model_.list_leases({}, {}));
  for (const auto& [proxy_id, result] : model_.health) {
    expect_equal("health", storage_->get_last_health_result(proxy_id), std::optional(result));
  }
}

}  // namespace pharox::tests
