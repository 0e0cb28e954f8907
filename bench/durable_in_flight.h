// How many leases a second does one thread grant and take back when it has many in flight at a
// time, each a coroutine that waits for its commit without keeping the thread?
#pragma once

#include <benchmark/benchmark.h>

#include "bench/durable_store.h"

namespace pharox::bench {

// `pairs` in all, an acquire and a release each, by `in_flight` coroutines on this thread.
void run_pairs_in_flight(benchmark::State& state, DurableStore& store, std::size_t in_flight,
                         std::size_t pairs);

}  // namespace pharox::bench
