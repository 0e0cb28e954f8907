// pharox_bench: the benchmark's command line. README.md beside it says what the rows mean.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/fastest_cpu.h"
#include "bench/latencies.h"
#include "bench/plain_names.h"
#include "bench/rows.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

constexpr std::string_view kUsage =
    "Besides Google Benchmark's own options:\n"
    "  --full         the peers at every occupancy, on every medium, with every filter\n"
    "  --ten_million  a few rows at 10,000,000 proxies too\n"
    "  --smoke        every row, a few operations each, to see that none is broken\n\n";

// Removes the option and says whether it was there.
bool take(std::vector<std::string>& arguments, std::string_view option) {
  return std::erase(arguments, option) > 0;
}

// In front, so that what the user says wins.
void add_defaults(std::vector<std::string>& arguments, bool smoke) {
  arguments.insert(arguments.begin() + 1,
                   {smoke ? "--benchmark_repetitions=1" : "--benchmark_repetitions=5",
                    "--benchmark_min_time=0.01", "--benchmark_display_aggregates_only=true"});
  if (smoke) arguments.emplace_back("--benchmark_display_aggregates_only=false");
}

Scale smoke_scale() {
  Scale scale;
  scale.proxies = scale.peer_proxies = scale.timers = {1'000};
  scale.large = scale.durable = 1'000;
  scale.durable_history = 100;
  scale.different_filters = 100;
  scale.every_peer = true;
  scale.iterations = 3;
  return scale;
}

void register_rows(const Rows& rows) {
  for (const Row& row : rows) {
    auto* registered = benchmark::RegisterBenchmark(row.name.c_str(), row.run);
    // A commit waits for the disk, which is not CPU time.
    registered->UseRealTime();
    if (row.iterations > 0) registered->Iterations(row.iterations);
  }
}

int run(std::vector<std::string> arguments) {
  const bool smoke = take(arguments, "--smoke");
  Scale scale = smoke ? smoke_scale() : Scale{};
  scale.every_peer |= take(arguments, "--full");
  scale.ten_million = take(arguments, "--ten_million");
  if (std::ranges::find(arguments, "--help") != arguments.end()) {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
  }
  add_defaults(arguments, smoke);
  const bool filtered = std::ranges::any_of(arguments, [](std::string_view argument) {
    return argument.starts_with("--benchmark_filter") ||
           argument.starts_with("--benchmark_list_tests");
  });
  const bool writes_file = std::ranges::any_of(arguments, [](std::string_view argument) {
    return argument.starts_with("--benchmark_out=");
  });

  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return 2;

  const Rows rows = all_rows(scale, std::make_shared<Stage>());
  register_rows(rows);
  benchmark::AddCustomContext("cpu", std::to_string(move_to_fastest_cpu()));
  benchmark::AddCustomContext("clock_ns", std::to_string(clock_cost().count()));
  PlainNames<benchmark::ConsoleReporter> console(isatty(STDOUT_FILENO) != 0
                                                     ? benchmark::ConsoleReporter::OO_ColorTabular
                                                     : benchmark::ConsoleReporter::OO_Tabular);
  PlainNames<benchmark::JSONReporter> json;
  benchmark::RunSpecifiedBenchmarks(&console, writes_file ? &json : nullptr);
  benchmark::ClearRegisteredBenchmarks();  // and the stores, which RocksDB must outlive
  if (console.failed() > 0) {
    std::fprintf(stderr, "%zu runs failed\n", console.failed());
    return 1;
  }
  if (!filtered && console.reported() != rows.size()) {
    std::fprintf(stderr, "%zu of %zu rows were run\n", console.reported(), rows.size());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace pharox::bench

int main(int argc, char** argv) {
  return pharox::bench::run(std::vector<std::string>(argv, argv + argc));
}
