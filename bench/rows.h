// The rows of the benchmark: what is run, under which name.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pharox::bench {

class Stage;

struct Row {
  std::string name;
  // Called several times: to find the number of iterations, and for each repetition.
  std::function<void(benchmark::State&)> run;
  // Zero: as many as fill the time.
  std::int64_t iterations = 0;
};

using Rows = std::vector<Row>;

// How much is run.
struct Scale {
  std::vector<std::size_t> proxies{1'000, 32'000, 1'000'000};
  std::vector<std::size_t> peer_proxies{1'000, 1'000'000};
  // Of leases, timers, and proxies in rows that have but one size.
  std::vector<std::size_t> timers{1'000, 100'000, 10'000'000};
  std::size_t large = 1'000'000;
  // Proxies, and ended leases that are kept, in the rows of durability; and proxies in the smaller
  // one of the peers, who is fastest with few.
  std::size_t durable = 100'000;
  std::size_t durable_history = 100'000;
  std::size_t durable_few = 1'000;
  std::size_t different_filters = 10'000;
  // The peers at every occupancy and on every medium with every filter; else a subset.
  bool every_peer = false;
  // A few rows at 10,000,000 proxies.
  bool ten_million = false;
  // Each row runs this often; zero: as long as it takes.
  std::int64_t iterations = 0;
};

// Every row that touches a store takes it from the stage, which has one at a time: rows that share
// one stand side by side.
Rows all_rows(const Scale& scale, const std::shared_ptr<Stage>& stage);

// The parts of all_rows.
void add_grid_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_peer_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_health_rows(std::size_t proxies, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_mixed_rows(std::size_t proxies, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_filter_stream_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_bulk_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_expiry_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_opening_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_durable_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_wait_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_wheel_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);
void add_yardstick_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows);

}  // namespace pharox::bench
