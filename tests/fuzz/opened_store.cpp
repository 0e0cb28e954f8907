#include "tests/fuzz/opened_store.h"

#include "engine/lease_state.h"
#include "pharox/errors.h"
#include "tests/fixtures/records.h"
#include "tests/fuzz/fuzz_target.h"

namespace pharox::tests {
namespace {

using engine::LeaseState;
using storage::ChangeList;

void require_valid(const LeaseState& state) {
  if (const auto finding = state.validate()) {
    throw std::logic_error("a store opened and is unsound: " + *finding);
  }
}

void lease_from(LeaseState& state, Moment now) {
  ChangeList changes;
  const Uuid me = state.ensure_consumer("fuzzer", changes);
  for (const ProxyPool& pool : state.pools()) {
    for (int i = 0; i < 3; ++i) {
      const auto selector = static_cast<SelectorStrategy>(i);
      const auto lease = state.acquire(pool.name, "fuzzer", 1s, {}, selector, now, changes);
      if (lease) require(lease->consumer_id == me, "another consumer's lease");
    }
  }
  require_valid(state);
  now.since_boot += 2s;
  while (state.reclaim(now, 1000, changes).more_due) {
  }
  require_valid(state);
  for (const ProxyPool& pool : state.pools()) state.delete_pool(pool.id, now, changes);
  require(state.lease_count() == 0 && state.proxy_count() == 0, "something outlives its pool");
}

}  // namespace

void open_and_use(SimulatedDisk& disk) {
  const Moment now{.wall = kStart, .since_boot = 1h};
  LeaseState state({.now = now, .boot_id = id_of(kBootNumber), .id_seed = 1});
  try {
    storage::recover(disk, state);
  } catch (const CorruptionError&) {
    return;
  }
  ChangeList changes;
  state.resume(changes);
  require_valid(state);
  lease_from(state, now);
}

}  // namespace pharox::tests
