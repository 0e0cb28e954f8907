// Contract, section 6: the guards of with_lease and with_retrying_lease.
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

}  // namespace
}  // namespace pharox::tests
