// What is asked for when a proxy is leased.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "pharox/filters.h"
#include "pharox/time.h"

namespace pharox {

// Who acquires without giving a name. Created when missing; any other consumer must exist.
inline constexpr std::string_view kDefaultConsumer = "default";

struct AcquireRequest {
  std::string pool_name{};
  // Absent: kDefaultConsumer.
  std::optional<std::string> consumer_name = std::nullopt;
  Duration duration = std::chrono::seconds{300};
  std::optional<ProxyFilters> filters = std::nullopt;
  SelectorStrategy selector = SelectorStrategy::first_available;

  // How long to wait in the queue of the pool when nothing that matches is available; zero: not at
  // all. First come, first served among those who could use the same proxy; whoever waits for
  // something else is passed over. A pool that does not exist is not waited for.
  Duration wait_for{0};

  // Of acquire_many: whether no two of the leases are of the same proxy.
  bool distinct = true;
};

// Leases that one call may ask for: it holds everybody else up meanwhile.
inline constexpr std::size_t kMaxBatch = 4096;

// What is meant where nothing is said.
std::string_view consumer_of(const AcquireRequest& request);
const ProxyFilters& filters_of(const AcquireRequest& request);

// Throw InvalidArgumentError naming the field, its value and the rule.
void check_wait(const AcquireRequest& request);
void check_batch(std::size_t count);

// How long the parts of an acquire took.
struct AcquireTimes {
  std::chrono::nanoseconds queued{};    // until its turn came: waiting for a proxy
  std::chrono::nanoseconds choosing{};  // and leasing it in memory, the wait for the lock included
  std::chrono::nanoseconds committing{};  // until it was durable
};

}  // namespace pharox
