// No lease ends early and none stays beyond its end, whatever is done to the wall clock: it is set
// forward and back by a second to ten years, while the store is open, while it is closed, and
// around a restart of the machine.
//
// What a lease's end is: within a boot, the boot clock's. After a restart only the wall clock knows
// how much time has passed: what is left is what the lease's row says, at most its duration, and
// counts on the boot clock from the first opening on.
//
// PHAROX_CLOCK_ROUNDS: how many stores. PHAROX_SEED: their seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "pharox/clock.h"
#include "pharox/pharox.h"
#include "pharox/rocksdb_storage.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

class ClockJumps : public testing::Test {
 protected:
  struct Held {
    Lease lease;
    Duration duration{};
    Duration ends{};  // on the boot clock of the boot that it is reckoned in
    int boot = 0;
  };

  void open() {
    RocksDbStorageOptions options;
    options.durability = Durability::process;
    options.clock = &clock_;
    options.background_reclaimer = false;
    options.history.max_age = Duration::max();
    storage_ = std::make_unique<RocksDbStorage>(folder_->path() / "store", options);
    if (!anchor_ || anchor_boot_ != boot_) {
      // The first opening of this boot that finds leases of another one compares the clocks.
      const bool is_needed =
          std::ranges::any_of(held_, [&](const auto& each) { return each.second.boot != boot_; });
      if (is_needed) {
        anchor_ = clock_.now();
        anchor_boot_ = boot_;
      }
    }
    for (auto& [token, held] : held_) {
      if (held.boot == boot_) continue;
      const Duration left =
          std::clamp(held.lease.expires_at - anchor_->wall, Duration{0}, held.duration);
      held.ends = anchor_->since_boot + left;
      held.boot = boot_;
    }
  }
  void close() { storage_.reset(); }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  // From a microsecond to ten years, all sizes alike.
  Duration size() {
    constexpr Duration kSizes[] = {kMicrosecond, 1ms, 500ms, 1s,       7s,        1min,
                                   10min,        1h,  24h,   24h * 30, 24h * 365, 24h * 3650};
    return kSizes[below(std::size(kSizes))] + Duration{static_cast<std::int64_t>(below(1000))};
  }
  void set_wall() {
    const Duration jump = size();
    // Ten jumps of ten years stay within what a record can hold.
    clock_.set_wall(clock_.now().wall + (below(2) == 0 ? jump : -jump));
  }

  void acquire() {
    const Duration duration = size();
    const auto lease = storage_->acquire("pool", "worker", duration);
    // The acquire reclaimed what was due first; all proxies are unlimited, so there is one.
    ASSERT_TRUE(lease);
    held_[lease->token] = {*lease, duration, clock_.now().since_boot + duration, boot_};
  }
  void renew() {
    if (held_.empty()) return;
    auto& held = std::next(held_.begin(), static_cast<long>(below(held_.size())))->second;
    const Duration duration = size();
    const bool is_over = held.ends <= clock_.now().since_boot;
    const auto renewed = storage_->renew_lease(held.lease, duration);
    ASSERT_EQ(renewed.has_value(), !is_over);
    if (renewed) held = {*renewed, duration, clock_.now().since_boot + duration, boot_};
  }
  // Every lease is there until its end, and is gone from then on.
  void check() {
    storage_->cleanup_expired_leases();
    const Duration now = clock_.now().since_boot;
    for (auto each = held_.begin(); each != held_.end();) {
      const Held& held = each->second;
      const LeaseStatus status = storage_->get_lease(held.lease.id)->status;
      if (held.ends <= now) {
        ASSERT_EQ(status, LeaseStatus::released) << "lease " << each->first << " is late";
        each = held_.erase(each);
      } else {
        ASSERT_EQ(status, LeaseStatus::active) << "lease " << each->first << " ended early";
        ++each;
      }
    }
    ASSERT_EQ(storage_->list_leases({}, LeaseStatus::active).size(), held_.size());
  }

  void step() {
    switch (below(8)) {
      case 0:
      case 1:
        return acquire();
      case 2:
        return renew();
      case 3:
        return clock_.advance(size());
      case 4:
        return set_wall();
      case 5: {  // to just before the end of one of them: a microsecond early would show
        if (held_.empty()) return;
        const auto& held = std::next(held_.begin(), static_cast<long>(below(held_.size())))->second;
        const Duration left = held.ends - clock_.now().since_boot;
        if (left > kMicrosecond) clock_.advance(left - kMicrosecond);
        return;
      }
      case 6:
        close();
        if (below(2) == 0) set_wall();
        return open();
      default:
        close();
        if (below(2) == 0) set_wall();
        clock_.reboot(size());
        ++boot_;
        if (below(2) == 0) set_wall();
        return open();
    }
  }

  void start(std::uint64_t seed) {
    random_.seed(seed);
    folder_.emplace();
    held_.clear();
    anchor_.reset();
    boot_ = 0;
    clock_.set_wall(kStart);
    open();
    storage_->save_pool(pool_of(100, "pool"));
    storage_->ensure_consumer("worker");
    storage_->save_proxy(proxy_of(1, id_of(100)));
  }

  VirtualClock clock_{kStart};
  std::mt19937_64 random_;
  std::optional<TempFolder> folder_;
  std::unique_ptr<RocksDbStorage> storage_;
  std::map<std::uint64_t, Held> held_;  // by token
  std::optional<Moment> anchor_;
  int anchor_boot_ = 0;
  int boot_ = 0;
};

TEST_F(ClockJumps, NoLeaseEndsEarlyNorStaysBeyondItsEnd) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t rounds = number_from_environment("PHAROX_CLOCK_ROUNDS", 3);
  constexpr int kSteps = 60;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    start(seed + round);
    for (int i = 0; i < kSteps; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", step " + std::to_string(i));
      step();
      if (!HasFatalFailure()) check();
      if (HasFatalFailure()) return;
    }
    ASSERT_EQ(storage_->validate(), std::nullopt);
    close();
  }
}

}  // namespace
}  // namespace pharox::tests
