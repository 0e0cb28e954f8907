// Callers in the queue, against the naive model: whoever came first and can use a proxy has it.
//
// After each random operation the model goes through those who wait, in the order of arrival, and
// gives each the proxy that its selector chooses among all that are available. The storage must
// have answered the same callers, in the same order, with the same proxies. PHAROX_SEED repeats a
// run, PHAROX_STEPS sets the number of operations.
#include <gtest/gtest.h>

#include <list>

#include "tests/fixtures/answers.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/model/comparison.h"
#include "tests/model/episodes.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kWaitingSteps = 20'000;
constexpr std::uint64_t kWaitingStepsPerEpisode = 1'000;
constexpr std::uint64_t kProxies = 12;
constexpr std::size_t kMostWaiting = 20;
constexpr std::string_view kConsumer = "default";

class WaitingSession {
 public:
  // Counts in `served` who got a proxy.
  WaitingSession(std::uint64_t seed, bool on_disk, std::size_t& served)
      : random_(seed, kProxies), served_(served) {
    if (on_disk) {
      RocksDbStorageOptions options;
      options.clock = &clock_;
      options.durability = Durability::process;
      storage_ = std::make_unique<RocksDbStorage>(folder_.path() / "store", options);
    } else {
      LeaseStorageOptions options;
      options.clock = &clock_;
      storage_ = std::make_unique<InMemoryStorage>(options);
    }
    for (const ProxyPool& pool : random_.pools()) {
      storage_->save_pool(pool);
      model_.save_pool(pool);
    }
    save(random_.proxies(kProxies));
    model_.consumers.push_back(
        {.id = storage_->ensure_consumer(kConsumer), .name = std::string(kConsumer)});
  }
  ~WaitingSession() { storage_.reset(); }  // ends the waits, which the answers outlive

  void step() {
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        start_waiting();
        break;
      case 4:
      case 5:
        release();
        break;
      case 6:
        pass_time();
        break;
      case 7:
        apply_health();
        break;
      case 8:
        save(random_.proxies(1 + random_.below(3)));
        break;
      case 9:
        cancel();
        break;
      case 10:
        random_.one_in(10) ? delete_pool() : delete_proxy();
        break;
      default:
        acquire_without_waiting();
    }
    serve();
    compare_answers();
    if (const auto finding = storage_->validate()) throw Mismatch("validate: " + *finding);
    compare_stats();
  }

  const std::string& operation() const { return operation_; }

 private:
  struct Waiter {
    StartedCall* call;
    AcquireRequest request;
    Duration deadline;  // on the boot clock
  };
  struct Expected {
    StartedCall* call;
    std::string pool;
    std::optional<Proxy> proxy = std::nullopt;
    Uuid placeholder{};  // the lease's id in the model until the storage's is known
  };

  void start_waiting() {
    if (waiters_.size() >= kMostWaiting) return cancel();
    AcquireRequest request{.pool_name = random_.pool_name(), .duration = random_.span()};
    if (random_.one_in(2)) request.filters = random_.filters();
    if (request.filters && random_.one_in(5)) request.filters->predicate = random_.predicate(false);
    request.selector = random_.selector();
    request.wait_for = random_.span() * 10;
    operation_ = "wait in " + request.pool_name + " " + to_text(filters_of(request));
    StartedCall& call = answers_.call();
    storage_->native()->start_acquire(request, false, call);
    if (model_.find_pool(request.pool_name) == nullptr) {
      expected_.push_back({&call, request.pool_name});
    } else {
      waiters_.push_back({&call, request, clock_.now().since_boot + request.wait_for});
    }
  }

  // Whoever does not wait gets what nobody in the queue could use.
  void acquire_without_waiting() {
    const std::string pool = random_.pool_name();
    const SelectorStrategy selector = random_.selector();
    const ProxyFilters filters = random_.filters();
    const Duration duration = random_.span();
    operation_ = "acquire " + pool + " " + to_text(filters);
    const auto lease = storage_->acquire(pool, kConsumer, duration, filters, selector);
    const auto proxy = model_.choose(pool, filters, selector);
    expect_equal("chosen", lease ? std::optional(lease->proxy_id) : std::nullopt,
                 proxy ? std::optional(proxy->id) : std::nullopt);
    if (lease) model_.add_lease(*lease, duration);
  }

  void release() {
    const std::vector<Lease> active = model_.list_leases({}, LeaseStatus::active);
    if (active.empty()) return;
    const Lease lease = random_.any_of(active);
    operation_ = "release " + lease.id.to_string();
    expect(storage_->release_lease(lease), "an active lease was not released");
    model_.end_lease(lease.id, EndReason::consumer);
  }

  void pass_time() {
    operation_ = "time passes";
    clock_.advance(random_.span());
    const std::size_t due = model_.due().size();
    expect_equal("ended", storage_->cleanup_expired_leases(), due);
    for (ModelLease* each : model_.due()) model_.end_lease(each->lease.id, EndReason::expired);
  }

  void apply_health() {
    const HealthCheckResult result = random_.health();
    operation_ = "health of " + result.proxy_id.to_string();
    if (outcome_of([&] { storage_->apply_health_check_result(result); }).error.empty()) {
      model_.apply_health(result);
    }
  }

  void save(const std::vector<Proxy>& proxies) {
    operation_ = "save proxies";
    if (outcome_of([&] { storage_->add_proxies_bulk(proxies); }).error.empty()) {
      model_.save_proxies(proxies);
    }
  }

  void delete_proxy() {
    const Uuid id = random_.proxy_id();
    operation_ = "delete proxy " + id.to_string();
    if (!model_.find_proxy(id)) return;
    storage_->delete_proxy(id);
    model_.delete_proxy(id);
  }

  // Whoever waits in it is told at once.
  void delete_pool() {
    const ProxyPool* pool = model_.find_pool(random_.pool_name());
    if (pool == nullptr) return;
    operation_ = "delete pool " + pool->name;
    const ProxyPool deleted = *pool;
    storage_->delete_pool(deleted.id);
    model_.delete_pool(deleted.id);
    end_waits([&](const Waiter& waiter) { return waiter.request.pool_name == deleted.name; });
    storage_->save_pool(deleted);
    model_.save_pool(deleted);
  }

  void cancel() {
    if (waiters_.empty()) return;
    auto waiter = waiters_.begin();
    std::advance(waiter, random_.below(waiters_.size()));
    operation_ = "cancel";
    storage_->native()->cancel(*waiter->call);
    end_waits([call = waiter->call](const Waiter& each) { return each.call == call; });
  }

  template <class Ends>
  void end_waits(Ends ends) {
    waiters_.remove_if([&](const Waiter& waiter) {
      if (!ends(waiter)) return false;
      expected_.push_back({waiter.call, waiter.request.pool_name});
      return true;
    });
  }

  // First come, first served; those whose time is over go after that, in the order of their ends.
  void serve() {
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      const AcquireRequest& request = waiter->request;
      const auto proxy = model_.choose(request.pool_name, filters_of(request), request.selector);
      if (!proxy) {
        ++waiter;
        continue;
      }
      ++served_;
      Lease lease = model_.new_lease(*proxy, model_.find_consumer(kConsumer)->id, request.duration);
      lease.id = id_of(++last_placeholder_);
      expected_.push_back({waiter->call, request.pool_name, proxy, lease.id});
      model_.add_lease(lease, request.duration);
      waiter = waiters_.erase(waiter);
    }
    const Duration now = clock_.now().since_boot;
    std::vector<Waiter> over;
    for (const Waiter& each : waiters_) {
      if (each.deadline <= now) over.push_back(each);
    }
    std::ranges::stable_sort(over, {}, &Waiter::deadline);
    for (const Waiter& each : over) {
      end_waits([&](const Waiter& other) { return other.call == each.call; });
    }
  }

  // In the order of their turns, pool by pool: those that got something, and those that did not.
  // (Whoever gets nothing need not wait for the disk.)
  void compare_answers() {
    const auto expected = std::exchange(expected_, {});
    total_ += expected.size();
    answers_.await(total_);
    const std::vector<StartedCall*> answered = answers_.take();
    expect_equal("answered calls", answered.size(), expected.size());
    for (const ProxyPool& pool : model_.list_pools()) {
      for (const bool gets_one : {true, false}) {
        std::vector<StartedCall*> turns;
        for (const Expected& each : expected) {
          if (each.pool == pool.name && each.proxy.has_value() == gets_one) {
            turns.push_back(each.call);
          }
        }
        std::vector<StartedCall*> told;
        std::ranges::copy_if(answered, std::back_inserter(told), [&](StartedCall* call) {
          return std::ranges::find(turns, call) != turns.end();
        });
        expect(told == turns, "not in the order of arrival");
      }
    }
    for (const Expected& each : expected) compare_answer(each);
  }

  void compare_answer(const Expected& expected) {
    if (expected.call->error) std::rethrow_exception(expected.call->error);
    const std::optional<Lease>& lease = expected.call->result.lease;
    expect_equal("granted", lease ? std::optional(lease->proxy_id) : std::nullopt,
                 expected.proxy ? std::optional(expected.proxy->id) : std::nullopt);
    if (!lease) return;
    ModelLease& placed = *model_.find_lease(expected.placeholder);
    expect(lease->expires_at == placed.lease.expires_at, "the lease does not begin now");
    placed.lease = *lease;
  }

  void compare_stats() {
    std::uint64_t waiting = 0;
    for (const ProxyPool& pool : model_.list_pools()) {
      const PoolStatsSnapshot stats = storage_->get_pool_stats(pool.name).value();
      expect_equal("leases", stats.total_leases, model_.stats(pool.name)->total_leases);
      waiting += stats.waiting_callers;
    }
    expect_equal("waiting", waiting, std::uint64_t{waiters_.size()});
  }

  TempFolder folder_;
  Generator random_;
  std::size_t& served_;
  VirtualClock clock_{kStart};
  Answers answers_;
  std::unique_ptr<LeaseStorage> storage_;
  Model model_{clock_};
  std::string operation_;
  std::list<Waiter> waiters_;
  std::vector<Expected> expected_;
  std::uint64_t last_placeholder_ = 1'000'000'000;
  std::size_t total_ = 0;
};

void compare_waiting(bool on_disk, std::uint64_t default_steps) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t steps = number_from_environment("PHAROX_STEPS", default_steps);
  std::size_t served = 0;
  run_episodes(seed, steps, kWaitingStepsPerEpisode, [&](std::uint64_t own_seed, std::uint64_t) {
    return std::make_unique<WaitingSession>(own_seed, on_disk, served);
  });
  if (testing::Test::HasFatalFailure()) return;
  EXPECT_GT(served, steps / 50);
}

TEST(Waiting, InMemoryIsServedLikeTheModel) { compare_waiting(false, kWaitingSteps); }
TEST(Waiting, OnDiskIsServedLikeTheModel) { compare_waiting(true, kWaitingSteps / 10); }

}  // namespace
}  // namespace pharox::tests
