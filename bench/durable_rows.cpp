// Durable: how many leases a second does a store on disk grant and take back, from one caller and
// from many at a time; and what does RocksDB take by itself, and how long is a bare fdatasync, on
// the same disk in the same minute?
//
// Durable/<mode>/<in flight>        pairs, an acquire and a release, each as durable as the mode
// Durable/raw/<synced or not>/…     rows put into RocksDB, which a pair needs two commits of
// Durable/raw/fdatasync             a few bytes behind the others
#include "bench/durable_rows.h"

#include <exception>
#include <utility>
#include <vector>

#include "bench/crew.h"
#include "bench/durable_in_flight.h"
#include "bench/fastest_cpu.h"
#include "bench/lease_row.h"
#include "bench/raw_journal.h"
#include "bench/stage.h"
#include "bench/synced_file.h"

namespace pharox::bench {
namespace {

constexpr std::size_t kThreads = 64;
constexpr const char* kThreadsName = "64_threads";

void run_pairs(benchmark::State& state, DurableStore& store) {
  Latencies acquires;
  for (auto _ : state) acquires.add(store.lease_and_release());
  state.SetItemsProcessed(state.iterations());
  acquires.report(state, "acquire_");
}

// The threads are made anew for each repetition, and no part of it.
void run_crew(benchmark::State& state, std::size_t operations, const Crew::Operation& operation) {
  for (auto _ : state) {
    state.PauseTiming();
    Crew crew(kThreads, operations, operation);
    state.ResumeTiming();
    crew.work();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(operations));
}

void run_pairs_in_threads(benchmark::State& state, DurableStore& store, std::size_t pairs) {
  const OnAllCpus everywhere;
  std::vector<Latencies> acquires(kThreads);
  run_crew(state, pairs,
           [&](std::size_t thread) { acquires[thread].add(store.lease_and_release()); });
  for (std::size_t i = 1; i < kThreads; ++i) acquires[0].merge(acquires[i]);
  acquires[0].report(state, "acquire_");
}

void run_puts(benchmark::State& state, RawJournal& journal, bool synced) {
  for (auto _ : state) journal.put(synced);
  state.SetItemsProcessed(state.iterations());
  state.counters["row_bytes"] = static_cast<double>(journal.row_bytes());
}

void run_puts_in_threads(benchmark::State& state, RawJournal& journal, bool synced,
                         std::size_t puts) {
  const OnAllCpus everywhere;
  run_crew(state, puts, [&](std::size_t) { journal.put(synced); });
}

void run_batches(benchmark::State& state, RawJournal& journal, bool synced, std::size_t puts) {
  for (auto _ : state) journal.put_batch(puts, synced);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(puts));
}

void run_synced_appends(benchmark::State& state) {
  SyncedFile file;
  Latencies latencies;
  for (auto _ : state) latencies.add(time_of([&] { file.append(); }));
  state.SetItemsProcessed(state.iterations());
  latencies.report(state);
}

// Adds the rows of one mode.
class ModeRows {
 public:
  ModeRows(const Scale& scale, const std::shared_ptr<Stage>& stage, Durability durability,
           Rows& rows)
      : scale_(scale),
        stage_(stage),
        bring_(bring_durable(scale, stage, durability)),
        synced_(durability == Durability::sync),
        rows_(rows) {}

  void pairs(std::int64_t count) {
    add(name("1"), count, [bring = bring_](auto& state) { run_pairs(state, bring()); });
  }
  void pairs_in_threads(std::int64_t count) {
    add_of_one(name(kThreadsName), count, [bring = bring_](auto& state, auto pairs) {
      run_pairs_in_threads(state, bring(), pairs);
    });
  }

  void pairs_in_flight(std::size_t in_flight, std::int64_t count) {
    add_of_one(name(std::to_string(in_flight)), count,
               [bring = bring_, in_flight](auto& state, auto pairs) {
                 run_pairs_in_flight(state, bring(), in_flight, pairs);
               });
  }

  void puts(std::int64_t count) {
    add(raw_name("1"), count,
        [make = make_raw(), synced = synced_](auto& state) { run_puts(state, *make(), synced); });
  }
  void puts_in_threads(std::int64_t count) {
    add_of_one(raw_name(kThreadsName), count,
               [make = make_raw(), synced = synced_](auto& state, auto puts) {
                 run_puts_in_threads(state, *make(), synced, puts);
               });
  }
  void batches(std::size_t puts, std::int64_t count) {
    add(raw_name("batch_" + std::to_string(puts)), count,
        [make = make_raw(), synced = synced_, puts](auto& state) {
          run_batches(state, *make(), synced, puts);
        });
  }

 private:
  template <class Run>
  void add(const std::string& row, std::int64_t count, Run run) {
    rows_.push_back(durable_row(scale_, row, count, run));
  }
  template <class Run>
  void add_of_one(const std::string& row, std::int64_t count, Run run) {
    rows_.push_back(durable_row_of_one(scale_, row, count, run));
  }

  std::string name(const std::string& in_flight) const {
    return (synced_ ? "Durable/sync/" : "Durable/process/") + in_flight;
  }
  std::string raw_name(const std::string& puts) const {
    return (synced_ ? "Durable/raw/synced/" : "Durable/raw/unsynced/") + puts;
  }
  // Another one for every repetition, so that none pays for the compactions of those before: as the
  // store of the pairs is opened anew.
  std::function<std::unique_ptr<RawJournal>()> make_raw() const {
    return [stage = stage_, proxies = scale_.durable] {
      return std::make_unique<RawJournal>(lease_row(stage->dataset(proxies)).value);
    };
  }

  const Scale& scale_;
  const std::shared_ptr<Stage> stage_;
  const BringDurable bring_;
  const bool synced_;
  Rows& rows_;
};

}  // namespace

BringDurable bring_durable(const Scale& scale, const std::shared_ptr<Stage>& stage,
                           Durability durability) {
  return [stage, durability, proxies = scale.durable,
          history = scale.durable_history]() -> DurableStore& {
    const Dataset& dataset = stage->dataset(proxies);
    DurableStore& store =
        stage->get("durable", [&] { return std::make_unique<DurableStore>(dataset, history); });
    store.reopen(durability);
    return store;
  };
}

Row durable_row(const Scale& scale, const std::string& name, std::int64_t operations,
                const std::function<void(benchmark::State&)>& run) {
  const auto guarded = [run](benchmark::State& state) {
    try {
      run(state);
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  };
  return {name, guarded, scale.iterations == 0 ? operations : scale.iterations};
}

Row durable_row_of_one(const Scale& scale, const std::string& name, std::int64_t operations,
                       const std::function<void(benchmark::State&, std::size_t operations)>& run) {
  // When a few are wanted, a few for each thread.
  const auto count = static_cast<std::size_t>(
      scale.iterations == 0 ? operations : scale.iterations * static_cast<std::int64_t>(kThreads));
  Row row = durable_row(scale, name, 1, [=](benchmark::State& state) { run(state, count); });
  row.iterations = 1;
  return row;
}

// The raw rows put as many rows as the pairs beside them do, two for each: so both fill their write
// buffers, and are flushed.
void add_durable_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  ModeRows sync(scale, stage, Durability::sync, rows);
  sync.pairs(2'000);
  sync.puts(4'000);
  rows.push_back(durable_row(scale, "Durable/raw/fdatasync", 2'000, run_synced_appends));
  sync.pairs_in_flight(64, 20'000);
  sync.pairs_in_threads(20'000);
  sync.puts_in_threads(40'000);
  sync.pairs_in_flight(1'024, 200'000);
  sync.batches(1'024, 400);
  sync.batches(256, 1'600);
  add_durable_sqlite_rows(scale, stage, SqliteMedium::wal_full, rows);

  ModeRows process(scale, stage, Durability::process, rows);
  process.pairs(30'000);
  process.puts(100'000);
  process.pairs_in_flight(1'024, 200'000);
  process.batches(256, 1'600);
  process.batches(32, 12'800);
  add_durable_sqlite_rows(scale, stage, SqliteMedium::wal_normal, rows);

  add_durable_redis_rows(scale, stage, rows);
}

}  // namespace pharox::bench
