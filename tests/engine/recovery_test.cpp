// A store whose rows are each sound, but contradict each other, is damaged: none of them may become
// a state in which a token is handed out twice.
#include <gtest/gtest.h>

#include <limits>

#include "engine/lease_state.h"
#include "format/keys.h"
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

  struct Of {
    Uuid lease = id_of(4);
    Uuid proxy = id_of(3);
    Uuid consumer = id_of(2);
  };
  void add_lease(std::uint64_t token) { add_lease(token, Of{}); }
  void add_lease(std::uint64_t token, const Of& of) {
    format::StoredLease stored;
    stored.lease.id = of.lease;
    stored.lease.proxy_id = of.proxy;
    stored.lease.consumer_id = of.consumer;
    stored.lease.pool_id = id_of(1);
    stored.lease.pool_name = "alpha";
    stored.lease.acquired_at = stored.lease.expires_at = kStart;
    stored.lease.token = token;
    disk_.append({storage::PutLease{stored}});
  }

  static LeaseState::Options options() {
    return {.now = {.wall = kStart, .since_boot = 1h}, .boot_id = id_of(9), .id_seed = 1};
  }

  std::string complaint() {
    LeaseState state(options());
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

TEST_F(RecoveryOfState, ALeaseOfNobodyIsDamage) {
  disk_.append({storage::PutTokenMark{9}});
  add_lease(7, {.consumer = id_of(5)});
  EXPECT_EQ(complaint(), "leases/" + id_of(4).to_string() + ": its consumer " +
                             id_of(5).to_string() + " is missing");
}

TEST_F(RecoveryOfState, ALeaseOfNoProxyIsDamageAndTheOthersAreKept) {
  disk_.append({storage::PutTokenMark{9}});
  add_lease(6, {.lease = id_of(6)});
  add_lease(7, {.proxy = id_of(5)});
  add_lease(8, {.lease = id_of(7)});
  const std::string damage =
      "leases/" + id_of(4).to_string() + ": its proxy " + id_of(5).to_string() + " is missing";
  EXPECT_EQ(complaint(), damage);

  LeaseState state(options());
  std::vector<std::string> damaged;
  storage::recover(disk_, state, [&](format::Table table, std::string_view key, auto reason) {
    EXPECT_EQ(table, format::Table::leases);
    EXPECT_EQ(key, format::uuid_key(id_of(4)));
    damaged.emplace_back(reason);
  });
  EXPECT_EQ(damaged, std::vector{damage});
  storage::ChangeList changes;
  state.resume(changes);
  EXPECT_EQ(state.validate(), std::nullopt);
  EXPECT_EQ(state.lease_count(), 2u);
}

}  // namespace
}  // namespace pharox::engine
