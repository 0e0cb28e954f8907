// And how many pairs does a Redis server do on the same disk? With `everysec` a power loss takes
// the last second or two, as with our `process`; with `always` nothing, as with our `sync`.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "bench/durable_rows.h"
#include "bench/fastest_cpu.h"
#include "bench/redis_store.h"
#include "bench/stage.h"

namespace pharox::bench {
namespace {

struct Load {
  std::size_t clients;
  std::size_t in_flight;  // of each client

  std::string name() const { return std::to_string(clients) + "x" + std::to_string(in_flight); }
};
// The last has as many in flight as our largest row.
constexpr Load kLoads[] = {{1, 16}, {8, 16}, {8, 128}};
constexpr std::int64_t kPairs = 20'000;

class RedisRows {
 public:
  RedisRows(const Scale& scale, std::shared_ptr<Stage> stage, std::filesystem::path program)
      : proxies_(scale.durable), stage_(std::move(stage)), program_(std::move(program)) {}

  void run(benchmark::State& state, RedisFsync fsync, const Load& load, std::size_t pairs) const {
    const OnAllCpus everywhere;  // the server too
    RedisStore& store = stage_->get("durable/redis", [&] {
      return std::make_unique<RedisStore>(stage_->dataset(proxies_), program_);
    });
    store.sync_log(fsync);
    const std::size_t rounds = std::max<std::size_t>(pairs / (load.clients * load.in_flight), 1);
    std::size_t done = 0;
    for (auto _ : state) done += store.lease_and_release(load.clients, load.in_flight, rounds);
    state.SetItemsProcessed(static_cast<std::int64_t>(done));
  }

 private:
  std::size_t proxies_;
  std::shared_ptr<Stage> stage_;
  std::filesystem::path program_;
};

}  // namespace

void add_durable_redis_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  const auto program = RedisServer::find_program();
  if (!program) {
    std::fprintf(stderr, "redis-server is not in PATH: the rows Durable/Redis/... are left out\n");
    return;
  }
  const RedisRows redis(scale, stage, *program);
  for (const RedisFsync fsync : {RedisFsync::everysec, RedisFsync::always}) {
    for (const Load& load : kLoads) {
      rows.push_back(durable_row_of_one(
          scale, "Durable/Redis/" + to_string(fsync) + "/" + load.name(), kPairs,
          [=](auto& state, auto pairs) { redis.run(state, fsync, load, pairs); }));
    }
  }
}

}  // namespace pharox::bench
