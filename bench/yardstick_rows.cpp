// Yardsticks: the least that a lease store could do for a pair (enter the lease in a table under a
// lock, and take it out again), what the machine asks for memory that is touched for the first
// time, which nothing that fills a store can do without, and how often it stops a program that does
// nothing, which is in every p99 and every longest time.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "bench/fastest_cpu.h"
#include "bench/latencies.h"
#include "bench/rows.h"
#include "bench/stage.h"
#include "pharox/lease.h"

namespace pharox::bench {
namespace {

class LockedMap {
 public:
  explicit LockedMap(std::size_t standing) {
    UuidGenerator ids(13);
    for (std::size_t i = 0; i < standing; ++i) map_.emplace(ids.v4(), i);
    for (Uuid& key : keys_) key = ids.v4();
  }

  void insert_and_erase() {
    const Uuid& key = keys_[turn_++ % keys_.size()];
    {
      const std::lock_guard lock(mutex_);
      map_.emplace(key, turn_);
    }
    const std::lock_guard lock(mutex_);
    map_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Uuid, std::size_t> map_;
  std::vector<Uuid> keys_ = std::vector<Uuid>(1 << 16);
  std::size_t turn_ = 0;
};

// Touches a page at a time, so that the time is the kernel's.
void run_first_touch(benchmark::State& state, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (auto _ : state) {
    void* const memory =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      state.SkipWithError("no memory");
      return;
    }
    for (std::size_t at = 0; at < bytes; at += page) {
      static_cast<volatile char*>(memory)[at] = 1;
    }
    munmap(memory, bytes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  const double kilobytes = static_cast<double>(bytes) / 1000;
  state.counters["ns_per_kB"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * kilobytes * 1e-9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

struct Stalls {
  std::size_t count = 0;
  Nanoseconds lost{0};
  Nanoseconds longest{0};

  void operator+=(const Stalls& other) {
    count += other.count;
    lost += other.lost;
    longest = std::max(longest, other.longest);
  }
};

constexpr Nanoseconds kStallSpan = std::chrono::milliseconds{200};

// Reads the clock without a pause: where a reading is late, the machine did something else.
Stalls watch_clock() {
  constexpr Nanoseconds kStall = std::chrono::microseconds{10};
  Stalls stalls;
  const auto start = Steady::now();
  for (auto last = start; last - start < kStallSpan;) {
    const auto now = Steady::now();
    if (now - last > kStall) stalls += {1, now - last, now - last};
    last = now;
  }
  return stalls;
}

void run_stalls(benchmark::State& state, std::size_t threads) {
  std::optional<OnAllCpus> everywhere;
  if (threads > 1) everywhere.emplace();
  Stalls stalls;
  for (auto _ : state) {
    std::vector<std::future<Stalls>> watches;
    for (std::size_t i = 1; i < threads; ++i) {
      watches.push_back(std::async(std::launch::async, watch_clock));
    }
    stalls += watch_clock();
    for (auto& watch : watches) stalls += watch.get();
  }
  const double seconds = std::chrono::duration<double>(kStallSpan).count() *
                         static_cast<double>(state.iterations()) * static_cast<double>(threads);
  state.counters["stalls_per_s"] = static_cast<double>(stalls.count) / seconds;
  state.counters["lost_percent"] = static_cast<double>(stalls.lost.count()) * 1e-7 / seconds;
  state.counters["longest_ns"] = static_cast<double>(stalls.longest.count());
}

}  // namespace

void add_yardstick_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t standing : scale.proxies) {
    const std::string name = "Yardstick/mutex_unordered_map/" + std::to_string(standing);
    auto measurement = std::make_shared<OperationMeasurement>();
    rows.push_back({name, [=](benchmark::State& state) {
                      LockedMap& map =
                          stage->get(name, [&] { return std::make_unique<LockedMap>(standing); });
                      measurement->run(state, [&] { map.insert_and_erase(); });
                    }});
  }
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  rows.push_back(
      {"Yardstick/first_touch", [](benchmark::State& state) { run_first_touch(state, kBytes); }});
  rows.push_back({"Yardstick/stalls", [](benchmark::State& state) { run_stalls(state, 1); }});
  rows.push_back({"Yardstick/stalls/all_cpus", [](benchmark::State& state) {
                    run_stalls(state, std::max(std::thread::hardware_concurrency(), 1u));
                  }});
}

}  // namespace pharox::bench
