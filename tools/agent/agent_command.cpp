// pharox agent: leases from a store with several threads, and reports how that goes.
#include <memory>
#include <string>
#include <utility>

#include "format/json_text.h"
#include "tools/agent/agent.h"
#include "tools/leasing_options.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

using format::Json;

// The options as they are typed; agent_options() makes sense of them.
struct AgentCommandLine {
  AgentOptions agent;
  ProxyFilters filters;
  std::uint64_t seconds = 0;
  std::uint64_t hold_ms = 0;
  std::int64_t duration_s = 300;
  bool json = false;
};

AgentOptions agent_options(const AgentCommandLine& line) {
  AgentOptions options = line.agent;
  options.run_time = std::chrono::seconds{line.seconds};
  options.workers.hold = std::chrono::milliseconds{line.hold_ms};
  options.workers.request.duration = std::chrono::seconds{line.duration_s};
  options.workers.request.filters = line.filters;
  require_sound(line.filters);
  return options;
}

double microseconds(std::chrono::nanoseconds span) {
  return static_cast<double>(span.count()) / 1000.0;
}

Json microseconds_json(const LatencyHistogram& latencies) {
  return {{"count", latencies.count()},
          {"p50_us", microseconds(latencies.percentile(50))},
          {"p90_us", microseconds(latencies.percentile(90))},
          {"p99_us", microseconds(latencies.percentile(99))},
          {"max_us", microseconds(latencies.max())}};
}

void print_json(const AgentReport& report, Output& out) {
  const Json recovered{{"pools", report.recovered.pools},
                       {"consumers", report.recovered.consumers},
                       {"proxies", report.recovered.proxies},
                       {"leases", report.recovered.leases},
                       {"due_leases", report.recovered.due_leases}};
  const Json json{{"recovered", recovered},
                  {"seconds", std::chrono::duration<double>(report.elapsed).count()},
                  {"pairs", report.pairs},
                  {"pairs_per_second", report.pairs_per_second()},
                  {"misses", report.misses},
                  {"acquire", microseconds_json(report.latencies.acquire)},
                  {"release", microseconds_json(report.latencies.release)}};
  out.line(json.dump());
}

std::vector<std::string> latency_row(const char* name, const LatencyHistogram& latencies) {
  const auto text = [](std::chrono::nanoseconds span) {
    return fmt::format("{:.1f}", microseconds(span));
  };
  return {name,
          grouped(latencies.count()),
          text(latencies.percentile(50)),
          text(latencies.percentile(90)),
          text(latencies.percentile(99)),
          text(latencies.max())};
}

void print_text(const AgentReport& report, Output& out) {
  out.line(fmt::format("{} pairs of acquire and release in {:.1f} s: {} a second; {} misses",
                       grouped(report.pairs), std::chrono::duration<double>(report.elapsed).count(),
                       grouped(static_cast<std::uint64_t>(report.pairs_per_second())),
                       grouped(report.misses)));
  print_table(out,
              {{"latency, us"},
               {"count", 0, Align::right},
               {"p50", 0, Align::right},
               {"p90", 0, Align::right},
               {"p99", 0, Align::right},
               {"max", 0, Align::right}},
              {latency_row("acquire", report.latencies.acquire),
               latency_row("release", report.latencies.release)});
}

ExitCode run_agent_command(const AgentCommandLine& line, Output& out) {
  const AgentReport report = run_agent(agent_options(line));
  line.json ? print_json(report, out) : print_text(report, out);
  return ExitCode::done;
}

}  // namespace

void add_agent_command(CLI::App& app, Action& chosen) {
  const auto line = std::make_shared<AgentCommandLine>();
  AgentOptions& agent = line->agent;
  CLI::App* command = add_command(app, chosen, "agent", "Lease and release from several threads",
                                  line, run_agent_command);
  command->add_option("STORE", agent.store, "The store's folder")->required();
  command->add_option("--pool", agent.workers.request.pool_name, "The pool to lease from")
      ->required();
  command->add_option("--consumer", agent.workers.request.consumer_name,
                      "Who leases; created when missing. Without it: \"default\"");
  command->add_option("--workers", agent.workers.workers, "Threads (8)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--seconds", line->seconds, "Run time; 0 (default): until Ctrl-C")
      ->check(CLI::Range(0, 1'000'000'000));
  command->add_option("--hold-ms", line->hold_ms, "How long each lease is held (0)")
      ->check(CLI::Range(0, 1'000'000'000));
  command->add_option("--duration-s", line->duration_s, "How long each lease is granted for (300)")
      ->check(CLI::Range(1, 1'000'000'000));
  add_parsed(*command, "--selector", agent.workers.request.selector, parse_selector_strategy,
             "first_available (default), least_used or round_robin");
  add_durability_option(*command, agent.durability);
  add_accept_loss(*command, agent.accept_loss);
  command->add_flag("--json", line->json, "Print the result as JSON");
  add_filter_options(*command, line->filters);
  command->footer(
      "Ctrl-C stops it cleanly: every lease that it holds is released.\n"
      "\n"
      "Example:\n"
      "  pharox agent ./store --pool scraping --workers 8 --seconds 10 --hold-ms 20 --country DE");
}

}  // namespace pharox::tools
