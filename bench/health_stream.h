// Health results of a pool's proxies in random order, as checkers deliver them.
#pragma once

#include <random>

#include "bench/dataset.h"
#include "pharox/health.h"

namespace pharox::bench {

enum class CheckOrder {
  in_order,      // each result is newer than all before: it moves its proxy to the newest end
  out_of_order,  // each is from any moment of the last hours: it moves its proxy anywhere
};

std::string_view to_string(CheckOrder order);

class HealthStream {
 public:
  HealthStream(const Dataset& dataset, CheckOrder order);

  // Nine in ten are active, the others slow: so a tenth of the proxies come and go.
  const HealthCheckResult& next();

 private:
  const Dataset& dataset_;
  const CheckOrder order_;
  std::mt19937_64 random_;
  Timestamp newest_;
  HealthCheckResult result_;
};

}  // namespace pharox::bench
