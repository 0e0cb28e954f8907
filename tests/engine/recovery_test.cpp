// A store whose rows are each sound, but contradict each other, is damaged: none of them may become
// a state in which a token is handed out twice.
#include <gtest/gtest.h>

#include <limits>

#include "engine/lease_state.h"
#include "pharox/errors.h"
#include "tests/fixtures/records.h"
#include "tests/simulation/simulated_disk.h"

namespace pharox::engine {
namespace {

using namespace tests;

class RecoveryOfState : public testing::Test {
 protected:
  RecoveryOfState() {
    disk_.append({storage::PutPool{pool_of(1, "alpha")},
                  storage::PutConsumer{{.id = id_of(2), .name = "ann"}},
                  storage::PutProxy{proxy_of(3, id_of(1))}});
  }

  void add_lease(std::uint64_t token) {
    format::StoredLease stored;
    stored.lease.id = id_of(4);
    stored.lease.proxy_id = id_of(3);
    stored.lease.consumer_id = id_of(2);
    stored.lease.pool_id = id_of(1);
    stored.lease.pool_name = "alpha";
    stored.lease.acquired_at = stored.lease.expires_at = kStart;
    stored.lease.token = token;
    disk_.append({storage::PutLease{stored}});
  }

  std::string complaint() {
    LeaseState state(
        {.now = {.wall = kStart, .since_boot = 1h}, .boot_id = id_of(9), .id_seed = 1});
    try {
      storage::recover(disk_, state);
      return state.validate().value_or("(accepted)");
    } catch (const CorruptionError& error) {
      return error.what();
    }
  }

  SimulatedDisk disk_{Durability::sync};
};

TEST_F(RecoveryOfState, TheGreatestTokenIsNoWayAroundTheMark) {
  disk_.append({storage::PutTokenMark{5}});
  add_lease(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(complaint(),
            "leases/" + id_of(4).to_string() + ": its token 18446744073709551615 is out of range");
}

TEST_F(RecoveryOfState, ALeaseWithoutATokenMarkIsDamage) {
  add_lease(7);
  EXPECT_EQ(complaint(), "meta/token_mark: missing, although there are leases with tokens up to 7");
}

TEST_F(RecoveryOfState, AMarkBelowATokenIsDamage) {
  disk_.append({storage::PutTokenMark{7}});
  add_lease(7);
  EXPECT_EQ(complaint(), "meta/token_mark: 7 is not above the tokens of the active leases");
}

}  // namespace
}  // namespace pharox::engine
