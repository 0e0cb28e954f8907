// Contract, section 6: the guards of with_lease and with_retrying_lease.
#include <atomic>
#include <thread>

#include "tests/contract/manager_test.h"

namespace pharox::tests {
namespace {

class ScopedLeases : public ManagerTest {};
PHAROX_FOR_EVERY_BACKEND(ScopedLeases);

static_assert(std::is_nothrow_move_constructible_v<ScopedLease>);
static_assert(std::is_nothrow_move_assignable_v<ScopedLease>);
static_assert(!std::is_copy_constructible_v<ScopedLease>);
static_assert(!std::is_copy_assignable_v<ScopedLease>);

TEST_P(ScopedLeases, GuardReleasesWhenItsScopeEnds) {
  save_exclusive(1);
  Uuid id;
  {
    const ScopedLease guard = manager().with_lease(request());
    ASSERT_TRUE(guard);
    id = guard->id;
    EXPECT_EQ((*guard).proxy_id, id_of(1));
    EXPECT_FALSE(manager().acquire_proxy(request()));
  }
  EXPECT_EQ(storage().get_lease(id)->end_reason, EndReason::consumer);
  EXPECT_TRUE(manager().acquire_proxy(request()));
}

TEST_P(ScopedLeases, GuardReleasesWhenAnExceptionEndsItsScope) {
  save_exclusive(1);
  try {
    const ScopedLease guard = manager().with_lease(request());
    ASSERT_TRUE(guard);
    throw std::runtime_error("work failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(ScopedLeases, GuardIsEmptyWhenNothingWasAcquired) {
  int released = 0;
  manager().register_release_callback([&](const auto&) { ++released; });
  {
    ScopedLease guard = manager().with_lease(request());
    EXPECT_FALSE(guard);
    EXPECT_FALSE(guard.release());
    EXPECT_FALSE(guard.detach());
  }
  EXPECT_EQ(released, 0);
}

TEST_P(ScopedLeases, ReleaseNowReleasesOnce) {
  save(1);
  int released = 0;
  manager().register_release_callback([&](const auto&) { ++released; });
  {
    ScopedLease guard = manager().with_lease(request());
    EXPECT_TRUE(guard.release());
    EXPECT_FALSE(guard);
    EXPECT_FALSE(guard.release());
  }
  EXPECT_EQ(released, 1);
}

TEST_P(ScopedLeases, ReleaseOfALeaseThatExpiredIsFalse) {
  save(1);
  ScopedLease guard = manager().with_lease(request(10s));
  clock.advance(10s);
  ASSERT_EQ(manager().cleanup_expired_leases(), 1u);
  EXPECT_FALSE(guard.release());
}

TEST_P(ScopedLeases, DetachedLeaseIsTheCallers) {
  save(1);
  std::optional<Lease> lease;
  {
    ScopedLease guard = manager().with_lease(request());
    lease = guard.detach();
    EXPECT_FALSE(guard);
  }
  ASSERT_TRUE(lease);
  EXPECT_TRUE(manager().release_proxy(*lease));
}

TEST_P(ScopedLeases, MovedGuardReleasesOnceAndTheTargetsOldLeaseAtOnce) {
  save_exclusive(1);
  save_exclusive(2);
  ScopedLease first = manager().with_lease(request());
  ScopedLease second = manager().with_lease(request());
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  const Uuid kept = second->id;
  first = std::move(second);
  EXPECT_EQ(first->id, kept);
  EXPECT_EQ(stats().total_leases, 1u);
  ScopedLease third(std::move(first));
  EXPECT_EQ(third->id, kept);
  EXPECT_TRUE(third.release());
  EXPECT_EQ(stats().total_leases, 0u);
}

TEST_P(ScopedLeases, GuardAssignedToItselfKeepsItsLease) {
  save(1);
  ScopedLease guard = manager().with_lease(request());
  ScopedLease& same = guard;
  guard = std::move(same);
  EXPECT_TRUE(guard);
  EXPECT_EQ(stats().total_leases, 1u);
}

TEST_P(ScopedLeases, RetryingGuardTriesAgain) {
  save_exclusive(1);
  const Lease held = manager().acquire_proxy(request()).value();
  RetryPolicy policy;
  int sleeps = 0;
  policy.sleep = [&](Duration) {
    if (++sleeps == 2) manager().release_proxy(held);
  };
  {
    const ScopedLease guard = manager().with_retrying_lease(request(), policy);
    EXPECT_TRUE(guard);
    EXPECT_EQ(sleeps, 2);
  }
  EXPECT_EQ(stats().total_leases, 0u);
}

// A storage whose releases fail while it is told so.
class FailingRelease : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  bool release_lease(const Lease& lease) override {
    if (failing) throw StorageError("the disk is gone");
    return ForwardingStorage::release_lease(lease);
  }
  bool failing = false;
};

TEST_P(ScopedLeases, FailingReleaseInTheDestructorGoesToTheHandler) {
  save(1);
  FailingRelease failing(storage());
  std::vector<std::string> told;
  ProxyManager over_it(failing, [&](std::string_view where, std::exception_ptr error) {
    EXPECT_FALSE(where.empty());
    EXPECT_THROW(std::rethrow_exception(error), StorageError);
    told.emplace_back(where);
  });
  {
    const ScopedLease guard = over_it.with_lease(request());
    ASSERT_TRUE(guard);
    failing.failing = true;
  }
  EXPECT_EQ(told.size(), 1u);
}

TEST_P(ScopedLeases, FailingReleaseNowGoesToTheCallerAndEmptiesTheGuard) {
  save(1);
  FailingRelease failing(storage());
  int told = 0;
  ProxyManager over_it(failing, [&](std::string_view, std::exception_ptr) { ++told; });
  {
    ScopedLease guard = over_it.with_lease(request());
    failing.failing = true;
    EXPECT_THROW(guard.release(), StorageError);
    EXPECT_FALSE(guard);
  }
  EXPECT_EQ(told, 0);
}

// -- keep_alive: the one thing here that runs on the real clock, by milliseconds ------------------

TEST_P(ScopedLeases, RenewMovesTheEnd) {
  save_exclusive(1);
  ScopedLease guard = manager().with_lease(request(1min));
  clock.advance(30s);
  EXPECT_TRUE(guard.renew(1min));
  EXPECT_EQ(guard->expires_at, kStart + 30s + 1min);
  clock.advance(1min);
  EXPECT_FALSE(guard.renew(1min));
}

TEST_P(ScopedLeases, KeptAliveItOutlivesItsDuration) {
  save_exclusive(1);
  ScopedLease guard = manager().with_lease(request(1min));
  ASSERT_TRUE(guard.keep_alive({.duration = 2min, .interval = 1ms}));
  EXPECT_EQ(storage().get_lease(guard->id)->expires_at, kStart + 2min);
  for (int i = 0; i < 5; ++i) {
    clock.advance(1min);
    const Timestamp now = clock.now().wall;
    while (storage().get_lease(guard->id)->expires_at < now + 2min) std::this_thread::yield();
    EXPECT_EQ(storage().cleanup_expired_leases(), 0u);
  }
  EXPECT_FALSE(guard.lost());
  EXPECT_TRUE(guard.release());
}

TEST_P(ScopedLeases, WhoeverLosesItIsToldOnce) {
  save_exclusive(1);
  std::atomic<int> told = 0;
  ScopedLease guard = manager().with_lease(request());
  const Uuid id = guard->id;
  ASSERT_TRUE(guard.keep_alive({.interval = 1ms, .on_lost = [&](const Lease& lease) {
                                  EXPECT_EQ(lease.id, id);
                                  ++told;
                                }}));
  storage().delete_proxy(id_of(1));
  while (told == 0) std::this_thread::yield();
  EXPECT_TRUE(guard.lost());
  EXPECT_FALSE(guard.release());
  EXPECT_EQ(told, 1);
}

TEST_P(ScopedLeases, AGuardThatWasReleasedIsNotLost) {
  save_exclusive(1);
  for (int i = 0; i < 50; ++i) {
    bool told = false;
    {
      ScopedLease guard = manager().with_lease(request());
      ASSERT_TRUE(guard.keep_alive(
          {.interval = Duration{1}, .on_lost = [&](const Lease&) { told = true; }}));
      ScopedLease moved = std::move(guard);
      EXPECT_TRUE(moved.release());
    }
    EXPECT_FALSE(told);
  }
}

TEST_P(ScopedLeases, WhatIsLostAlreadyIsNotKeptAlive) {
  save_exclusive(1);
  ScopedLease guard = manager().with_lease(request(1min));
  clock.advance(1min);
  EXPECT_FALSE(guard.keep_alive());
}

TEST_P(ScopedLeases, KeepAliveRefusesWhatMakesNoSense) {
  save_exclusive(1);
  ScopedLease guard = manager().with_lease(request());
  const std::string text =
      text_of<InvalidArgumentError>([&] { guard.keep_alive({.interval = Duration{0}}); });
  EXPECT_NE(text.find("keep_alive.interval"), text.npos) << text;
  EXPECT_THROW(guard.keep_alive({.duration = Duration{-1}}), InvalidArgumentError);
}

TEST_P(ScopedLeases, GivenUpItIsNoLongerKeptAlive) {
  save_exclusive(1);
  ScopedLease guard = manager().with_lease(request());
  ASSERT_TRUE(guard.keep_alive({.duration = 1min, .interval = 1ms}));
  const Lease lease = guard.detach().value();
  clock.advance(1min);
  EXPECT_EQ(storage().cleanup_expired_leases(), 1u);
  EXPECT_EQ(storage().get_lease(lease.id)->end_reason, EndReason::expired);
}

}  // namespace
}  // namespace pharox::tests
