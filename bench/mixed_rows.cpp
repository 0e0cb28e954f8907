// Mixed: a pool as it is used, with leases of every kind and health results between them.
#include "bench/busy_pool.h"
#include "bench/grid.h"
#include "bench/latencies.h"

namespace pharox::bench {
namespace {

constexpr int kResults = 100;
constexpr int kPairsPerResult = 10;

// Every selector with every filter, in turn.
class Questions {
 public:
  explicit Questions(std::size_t proxies) : questions_(questions_at({proxies, Occupancy::half})) {}

  void prepare_next(PharoxStore& store) {
    const Question& next = questions_[turn_++ % questions_.size()];
    store.prepare(next.filter.filters(next.selector), next.selector);
  }

 private:
  std::vector<Question> questions_;
  std::size_t turn_ = 0;
};

void run_mixed(benchmark::State& state, BusyPool& pool, HealthStream& results,
               std::size_t proxies) {
  Questions questions(proxies);
  Latencies pairs;
  Latencies health;
  for (auto _ : state) {
    for (int result = 0; result < kResults; ++result) {
      const HealthCheckResult& next = results.next();
      health.add(time_of([&] { pool.store.storage().apply_health_check_result(next); }));
      for (int pair = 0; pair < kPairsPerResult; ++pair) {
        questions.prepare_next(pool.store);
        pairs.add(time_of([&] { pool.store.lease_and_release(); }));
      }
    }
  }
  pairs.report(state, "pair_");
  health.report(state, "health_");
}

}  // namespace

void add_mixed_rows(std::size_t proxies, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const CheckOrder order : {CheckOrder::in_order, CheckOrder::out_of_order}) {
    rows.push_back({"Mixed/" + std::string(to_string(order)) + "/" + std::to_string(proxies),
                    [=](benchmark::State& state) {
                      BusyPool& pool = bring_busy_pool(*stage, proxies);
                      run_mixed(state, pool, pool.results(order), proxies);
                    }});
  }
}

}  // namespace pharox::bench
