#include "bench/health_stream.h"

namespace pharox::bench {

std::string_view to_string(CheckOrder order) {
  return order == CheckOrder::in_order ? "in_order" : "out_of_order";
}

HealthStream::HealthStream(const Dataset& dataset, CheckOrder order)
    : dataset_(dataset),
      order_(order),
      random_(3),
      newest_(dataset.proxies[dataset.last_in_order[1]].checked_at) {
  result_.latency_ms = 120;
  result_.status_code = 200;
}

const HealthCheckResult& HealthStream::next() {
  // The span of the dataset's own moments, so that a result lands among them.
  const auto span = static_cast<std::uint64_t>(dataset_.proxies.size()) * 1000;
  result_.proxy_id = dataset_.proxies[random_() % dataset_.proxies.size()].id;
  result_.status = random_() % 10 == 0 ? ProxyStatus::slow : ProxyStatus::active;
  result_.checked_at = order_ == CheckOrder::in_order
                           ? newest_ += std::chrono::milliseconds{1}
                           : newest_ - Duration{static_cast<Duration::rep>(random_() % span)};
  return result_;
}

}  // namespace pharox::bench
