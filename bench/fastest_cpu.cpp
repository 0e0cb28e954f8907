#include "bench/fastest_cpu.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "bench/latencies.h"

namespace pharox::bench {
namespace {

cpu_set_t allowed_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  sched_getaffinity(0, sizeof cpus, &cpus);
  return cpus;
}

const cpu_set_t& cpus_at_start() {
  static const cpu_set_t cpus = allowed_cpus();
  return cpus;
}

void move_to(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

// As the benchmark's own is: numbers, and a few megabytes read at random.
Nanoseconds time_some_work() {
  static std::vector<std::uint32_t> memory(1 << 21, 1);
  return time_of([] {
    std::uint64_t at = 1;
    for (int i = 0; i < 1'000'000; ++i) {
      at = at * 6364136223846793005u + memory[(at >> 40) % memory.size()];
    }
    benchmark::DoNotOptimize(at);
  });
}

}  // namespace

int move_to_fastest_cpu() {
  int fastest = 0;
  Nanoseconds least = Nanoseconds::max();
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &cpus_at_start())) continue;
    move_to(cpu);
    Nanoseconds needed = Nanoseconds::max();
    for (int i = 0; i < 10; ++i) needed = std::min(needed, time_some_work());
    if (needed >= least) continue;
    least = needed;
    fastest = cpu;
  }
  move_to(fastest);
  return fastest;
}

void move_to_other_cpus() {
  cpu_set_t others;
  const cpu_set_t mine = allowed_cpus();
  CPU_XOR(&others, &cpus_at_start(), &mine);
  if (CPU_COUNT(&others) > 0) sched_setaffinity(0, sizeof others, &others);
}

OnAllCpus::OnAllCpus() : before_(allowed_cpus()) {
  sched_setaffinity(0, sizeof(cpu_set_t), &cpus_at_start());
}

OnAllCpus::~OnAllCpus() { sched_setaffinity(0, sizeof before_, &before_); }

}  // namespace pharox::bench
