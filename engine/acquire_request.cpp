#include "pharox/acquire_request.h"

#include "pharox/errors.h"

namespace pharox {

std::string_view consumer_of(const AcquireRequest& request) {
  return request.consumer_name ? std::string_view(*request.consumer_name) : kDefaultConsumer;
}

const ProxyFilters& filters_of(const AcquireRequest& request) {
  static const ProxyFilters kNone;
  return request.filters ? *request.filters : kNone;
}

void check_wait(const AcquireRequest& request) {
  if (request.wait_for < Duration{0}) {
    throw InvalidArgumentError("wait_for is " + std::to_string(request.wait_for.count()) +
                               " microseconds; it must be at least 0");
  }
}

void check_batch(std::size_t count) {
  if (count < 1 || count > kMaxBatch) {
    throw InvalidArgumentError("count is " + std::to_string(count) + "; it must be from 1 to " +
                               std::to_string(kMaxBatch));
  }
}

}  // namespace pharox
