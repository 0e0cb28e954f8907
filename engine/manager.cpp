#include "pharox/manager.h"

#include <cstdio>
#include <thread>
#include <utility>

#include "pharox/errors.h"

namespace pharox {
namespace {

void print_to_stderr(std::string_view where, std::exception_ptr error) {
  const auto print = [&](const char* what) {
    std::fprintf(stderr, "pharox: %.*s: %s\n", static_cast<int>(where.size()), where.data(), what);
  };
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::exception& exception) {
    print(exception.what());
  } catch (...) {
    print("an exception that is no std::exception");
  }
}

}  // namespace

ProxyManager::ProxyManager(IStorage& storage, ErrorHandler on_error)
    : storage_(storage), on_error_(on_error ? std::move(on_error) : print_to_stderr) {}

void ProxyManager::report_error(std::string_view where, std::exception_ptr error) const noexcept {
  on_error_(where, std::move(error));
}

template <class Callback, class Payload>
void ProxyManager::run_callbacks(const std::vector<Callback>& callbacks, const Payload& payload,
                                 std::string_view where) const {
  for (const Callback& callback : callbacks) {
    try {
      callback(payload);
    } catch (...) {
      report_error(where, std::current_exception());
    }
  }
}

std::optional<Lease> ProxyManager::acquire_from_storage(const AcquireRequest& request) {
  static const ProxyFilters kNoFilters;
  const ProxyFilters& filters = request.filters ? *request.filters : kNoFilters;
  const std::string_view consumer =
      request.consumer_name ? std::string_view(*request.consumer_name) : kDefaultConsumerName;
  const auto acquire = [&] {
    return storage_.acquire(request.pool_name, consumer, request.duration, filters,
                            request.selector);
  };
  if (consumer != kDefaultConsumerName) return acquire();
  try {
    return acquire();
  } catch (const ConsumerNotFoundError&) {
    // The first acquire of the default consumer: creating it then keeps the others to one call.
    storage_.ensure_consumer(consumer);
    return acquire();
  }
}

std::optional<Lease> ProxyManager::acquire_proxy(const AcquireRequest& request) {
  std::vector<AcquireCallback> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks = acquire_callbacks_;
  }
  if (callbacks.empty()) return acquire_from_storage(request);

  const Timestamp started_at = utc_now();
  const auto start = std::chrono::steady_clock::now();
  auto lease = acquire_from_storage(request);
  const auto end = std::chrono::steady_clock::now();

  // From here on the lease is held: nothing may keep it from the caller.
  try {
    const AcquireEventPayload payload{
        .lease = lease,
        .pool_name = request.pool_name,
        .consumer_name = request.consumer_name.value_or(std::string(kDefaultConsumerName)),
        .filters = request.filters,
        .selector = request.selector,
        .started_at = started_at,
        .completed_at = utc_now(),
        .duration = end - start,
        .pool_stats = storage_.get_pool_stats(request.pool_name)};
    run_callbacks(callbacks, payload, "acquire callback");
  } catch (...) {
    report_error("acquire event", std::current_exception());
  }
  return lease;
}

std::optional<Lease> ProxyManager::acquire_proxy_with_retry(const AcquireRequest& request,
                                                            const RetryPolicy& policy) {
  validate(policy);
  for (int attempt = 1;; ++attempt) {
    auto lease = acquire_proxy(request);
    if (lease || attempt == policy.max_attempts) return lease;
    const Duration wait = backoff_after(policy, attempt);
    if (policy.sleep) {
      policy.sleep(wait);
    } else {
      std::this_thread::sleep_for(wait);
    }
  }
}

bool ProxyManager::release_proxy(const Lease& lease) {
  const auto ended = storage_.end_lease(lease);
  if (!ended) return false;
  std::vector<ReleaseCallback> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks = release_callbacks_;
  }
  if (callbacks.empty()) return true;
  try {
    const Timestamp released_at = ended->released_at.value_or(utc_now());
    const ReleaseEventPayload payload{.lease = *ended,
                                      .pool_name = ended->pool_name,
                                      .released_at = released_at,
                                      .lease_duration = released_at - ended->acquired_at,
                                      .pool_stats = storage_.get_pool_stats(ended->pool_name)};
    run_callbacks(callbacks, payload, "release callback");
  } catch (...) {
    report_error("release event", std::current_exception());
  }
  return true;
}

std::optional<Lease> ProxyManager::renew(const Lease& lease, Duration duration) {
  return storage_.renew_lease(lease, duration);
}

ScopedLease ProxyManager::with_lease(const AcquireRequest& request) {
  return {*this, acquire_proxy(request)};
}

ScopedLease ProxyManager::with_retrying_lease(const AcquireRequest& request,
                                              const RetryPolicy& policy) {
  return {*this, acquire_proxy_with_retry(request, policy)};
}

std::size_t ProxyManager::cleanup_expired_leases() { return storage_.cleanup_expired_leases(); }

void ProxyManager::register_acquire_callback(AcquireCallback callback) {
  if (!callback) throw InvalidArgumentError("acquire callback is empty");
  const std::lock_guard lock(mutex_);
  acquire_callbacks_.push_back(std::move(callback));
}

void ProxyManager::register_release_callback(ReleaseCallback callback) {
  if (!callback) throw InvalidArgumentError("release callback is empty");
  const std::lock_guard lock(mutex_);
  release_callbacks_.push_back(std::move(callback));
}

}  // namespace pharox
