#include "tests/model/session.h"

#include "tests/model/comparison.h"

namespace pharox::tests {
namespace {

// A batch of reclaiming takes at least this many.
constexpr std::size_t kAlwaysReclaimed = 8;

constexpr std::size_t kManyActiveLeases = 150;

}  // namespace

struct Session::Operation {
  std::uint64_t weight;
  void (Session::*run)();
};

const Session::Operation Session::kOperations[] = {
    {240, &Session::acquire},   {80, &Session::find},           {80, &Session::create_lease},
    {150, &Session::release},   {60, &Session::renew},          {30, &Session::cleanup},
    {90, &Session::pass_time},  {10, &Session::set_wall_clock}, {70, &Session::apply_health},
    {80, &Session::save_proxy}, {15, &Session::save_many},      {25, &Session::delete_proxy},
    {4, &Session::delete_pool}, {12, &Session::save_pool},      {15, &Session::ensure_consumer},
    {40, &Session::read_one},   {30, &Session::list_page},      {6, &Session::reopen},
};

Session::Session(std::uint64_t seed, std::uint64_t proxies, Opener opener, bool keeps)
    : random_(seed, proxies), opener_(std::move(opener)), keeps_(keeps) {
  open();
  for (const ProxyPool& pool : random_.pools()) save(pool);
  save(random_.proxies(proxies));
  ensure_consumer();
}

void Session::step() {
  std::uint64_t total = 0;
  for (const Operation& operation : kOperations) total += operation.weight;
  std::uint64_t pick = random_.below(total);
  const Operation* chosen = kOperations;
  while (pick >= chosen->weight) pick -= chosen++->weight;
  (this->*chosen->run)();

  if (const auto finding = storage_->validate()) throw Mismatch("validate: " + *finding);
  compare_stats();
  if (++steps_ % 100 == 0) compare_everything();
}

void Session::reopen() {
  if (!keeps_) return;
  operation_ = "reopen";
  compare_everything();
  storage_.reset();
  if (random_.one_in(4)) {
    operation_ += " after setting the wall clock";
    clock_.set_wall(kStart + random_.span() - random_.span());
  }
  const bool rebooted = random_.one_in(3);
  if (rebooted) {
    const Duration off = random_.span();
    operation_ += " after a reboot that took " + std::to_string(off.count()) + " us";
    clock_.reboot(off);
  }
  open();
  model_.reopened();
  if (rebooted && random_.one_in(2)) {
    operation_ += ", and once more in that boot";
    storage_.reset();
    clock_.set_wall(kStart + random_.span() - random_.span());
    open();
    model_.reopened();
  }
  compare_everything();
}

// -- Choosing and leasing -----------------------------------------------------------------------

ProxyFilters Session::random_filters() {
  if (random_.one_in(60)) return random_.broken_filters();
  if (random_.one_in(3)) return {};
  ProxyFilters filters = random_.filters();
  if (random_.one_in(6)) filters.predicate = random_.predicate(true);
  return filters;
}

Session::AskedFilters Session::asking(const ProxyFilters& filters) const {
  AskedFilters asking{.filters = filters};
  if (filters.predicate) {
    asking.filters.predicate = [ask = filters.predicate, asked = asking.asked](const Proxy& proxy) {
      asked->push_back(proxy);
      return ask(proxy);
    };
  }
  return asking;
}

std::size_t Session::follow_reclaiming() {
  const std::vector<ModelLease*> due = model_.due();
  std::size_t left = 0;
  for (const ModelLease* each : due) {
    const std::optional<Lease> stored = storage_->get_lease(each->lease.id);
    expect(stored.has_value(), "a due lease has vanished: " + shown(each->lease));
    if (stored->status == LeaseStatus::active) {
      expect_equal("lease that is due", *stored, each->lease);
      ++left;
    } else {
      expect_equal("reclaimed lease", stored, model_.end_lease(each->lease.id, EndReason::expired));
    }
  }
  return left;
}

void Session::accept(const Lease& lease, Lease expected, Duration duration) {
  expected.id = lease.id;
  expected.token = lease.token;
  expect_equal("lease", lease, expected);
  expect(lease.id.version() == 7 && lease.id > last_lease_id_, "lease id does not rise");
  expect(lease.token > last_token_, "token does not rise");
  last_lease_id_ = lease.id;
  last_token_ = lease.token;
  const Proxy proxy = storage_->get_proxy(lease.proxy_id);
  expect(!proxy.max_concurrency || proxy.current_leases <= *proxy.max_concurrency,
         "more leases than max_concurrency allows: " + shown(proxy));
  model_.add_lease(lease, duration);
}

void Session::acquire() {
  if (model_.list_leases({}, LeaseStatus::active).size() > kManyActiveLeases) return release();
  const std::string pool = random_.pool_name();
  const std::string consumer = random_.consumer_name();
  const SelectorStrategy selector = random_.selector();
  const Duration duration = random_.one_in(80) ? Duration{0} : random_.span();
  const ProxyFilters filters = random_filters();
  operation_ = "acquire " + pool + " for " + consumer + " by " + std::string(to_string(selector)) +
               " " + std::to_string(duration.count()) + " us " + to_text(filters);

  const AskedFilters storages = asking(filters);
  const AskedFilters models = asking(filters);
  const std::size_t due = model_.due().size();
  const auto got = outcome_of(
      [&] { return storage_->acquire(pool, consumer, duration, storages.filters, selector); });
  const std::size_t left = follow_reclaiming();

  // The checks come before the choice, and in this order of importance.
  const auto expected = outcome_of([&]() -> std::optional<Proxy> {
    if (duration <= Duration{0}) throw InvalidLeaseError("");
    validate(filters);
    if (model_.find_consumer(consumer) == nullptr) throw ConsumerNotFoundError("");
    return model_.choose(pool, models.filters, selector);
  });
  expect_equal("error", got.error, expected.error);
  expect_equal("asked about", *storages.asked, *models.asked);
  if (!got.value) return;
  expect(due > kAlwaysReclaimed || left == 0, "due leases were left");
  const std::optional<Lease>& lease = *got.value;
  const std::optional<Proxy>& choice = *expected.value;
  expect_equal("chosen proxy", lease ? std::optional(lease->proxy_id) : std::nullopt,
               choice ? std::optional(choice->id) : std::nullopt);
  if (lease) {
    accept(*lease, model_.new_lease(*choice, model_.find_consumer(consumer)->id, duration),
           duration);
  } else if (model_.find_pool(pool) != nullptr) {
    expect(left == 0, "a miss although leases are due");
  }
}

void Session::find() {
  const std::string pool = random_.pool_name();
  const SelectorStrategy selector = random_.selector();
  const ProxyFilters filters = random_filters();
  operation_ = "find " + pool + " by " + std::string(to_string(selector)) + " " + to_text(filters);

  const AskedFilters storages = asking(filters);
  const AskedFilters models = asking(filters);
  const std::size_t due = model_.due().size();
  const auto got =
      outcome_of([&] { return storage_->find_available_proxy(pool, storages.filters, selector); });
  const std::size_t left = follow_reclaiming();
  const auto expected = outcome_of([&] {
    validate(filters);
    return model_.choose(pool, models.filters, selector);
  });
  expect_equal("found", got, expected);
  expect_equal("asked about", *storages.asked, *models.asked);
  if (got.value) expect(due > kAlwaysReclaimed || left == 0, "due leases were left");
}

void Session::create_lease() {
  if (model_.list_leases({}, LeaseStatus::active).size() > kManyActiveLeases) return release();
  const Uuid proxy_id = random_.proxy_id();
  // Where two things are unknown the contract does not say which is named.
  const std::optional<Proxy> known = model_.find_proxy(proxy_id);
  const std::string consumer =
      known || model_.consumers.empty() ? random_.consumer_name() : model_.consumers.front().name;
  const Duration duration = random_.span();
  operation_ = "create_lease " + proxy_id.to_string() + " for " + consumer + " " +
               std::to_string(duration.count()) + " us";

  const auto got = outcome_of([&] { return storage_->create_lease(proxy_id, consumer, duration); });
  const std::size_t left = follow_reclaiming();
  const auto expected = outcome_of([&] {
    if (!known) throw ProxyNotFoundError("");
    if (model_.find_consumer(consumer) == nullptr) throw ConsumerNotFoundError("");
    const Proxy proxy = *model_.find_proxy(proxy_id);
    if (!model_.below_limit(proxy)) {
      expect(left == 0, "refused although leases are due");
      throw ProxyUnavailableError("");
    }
    return model_.new_lease(proxy, model_.find_consumer(consumer)->id, duration);
  });
  expect_equal("error", got.error, expected.error);
  if (got.value) accept(*got.value, *expected.value, duration);
}

Uuid Session::random_lease() {
  if (model_.leases.empty() || random_.one_in(50)) return id_of(404);
  if (random_.one_in(6)) return random_.any_of(model_.leases).lease.id;
  const std::vector<Lease> active = model_.list_leases({}, LeaseStatus::active);
  return active.empty() ? model_.leases.back().lease.id : random_.any_of(active).id;
}

void Session::release() {
  Lease lease;
  lease.id = random_lease();
  operation_ = "release " + lease.id.to_string();
  const std::optional<Lease> expected = model_.end_lease(lease.id, EndReason::consumer);
  if (random_.one_in(2)) {
    expect_equal("released", storage_->release_lease(lease), expected.has_value());
  } else {
    expect_equal("ended lease", storage_->end_lease(lease), expected);
  }
}

void Session::renew() {
  Lease lease;
  lease.id = random_lease();
  const Duration duration = random_.one_in(40) ? Duration{-1} : random_.span();
  operation_ = "renew " + lease.id.to_string() + " " + std::to_string(duration.count()) + " us";
  expect_equal("renewed lease", outcome_of([&] { return storage_->renew_lease(lease, duration); }),
               outcome_of([&] { return model_.renew(lease.id, duration); }));
}

void Session::cleanup() {
  operation_ = "cleanup";
  const std::size_t due = model_.due().size();
  expect_equal("count", storage_->cleanup_expired_leases(), due);
  expect_equal("left", follow_reclaiming(), std::size_t{0});
}

// -- Time ---------------------------------------------------------------------------------------

void Session::pass_time() {
  Duration step = random_.span();
  const std::vector<Lease> active = model_.list_leases({}, LeaseStatus::active);
  if (!active.empty() && random_.one_in(3)) {
    // To the very end of a lease, or to the microsecond before.
    const Duration deadline = model_.find_lease(random_.any_of(active).id)->deadline;
    const Duration to_end = deadline - clock_.now().since_boot;
    const Duration wanted = to_end - Duration{static_cast<std::int64_t>(random_.below(2))};
    if (wanted > Duration{0}) step = wanted;
  }
  operation_ = "advance " + std::to_string(step.count()) + " us";
  clock_.advance(step);
}

void Session::set_wall_clock() {
  const Duration offset = (random_.span() - random_.span()) * 100;
  operation_ = "set the wall clock to start " + std::to_string(offset.count()) + " us";
  clock_.set_wall(kStart + offset);
}

}  // namespace pharox::tests
