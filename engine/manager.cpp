#include "pharox/manager.h"

#include <cstdio>
#include <thread>
#include <utility>

#include "engine/acquiring.h"
#include "engine/lease_keeper.h"
#include "engine/stopwatch.h"
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

ProxyManager::~ProxyManager() = default;

engine::LeaseKeeper& ProxyManager::keeper() {
  const std::lock_guard lock(mutex_);
  if (!keeper_) keeper_ = std::make_unique<engine::LeaseKeeper>(*this);
  return *keeper_;
}

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

std::optional<ProxyManager::AcquireWatch> ProxyManager::watch_acquire() const {
  AcquireWatch watch;
  {
    const std::lock_guard lock(mutex_);
    if (acquire_callbacks_.empty()) return std::nullopt;
    watch.callbacks = acquire_callbacks_;
  }
  watch.started_at = utc_now();
  watch.start = std::chrono::steady_clock::now();
  return watch;
}

void ProxyManager::tell_acquired(const AcquireWatch& watch, const AcquireRequest& request,
                                 const std::optional<Lease>& lease,
                                 const AcquireTimes& times) const noexcept {
  try {
    const AcquireEventPayload payload{.lease = lease,
                                      .pool_name = request.pool_name,
                                      .consumer_name = std::string(consumer_of(request)),
                                      .filters = request.filters,
                                      .selector = request.selector,
                                      .started_at = watch.started_at,
                                      .completed_at = utc_now(),
                                      .duration = std::chrono::steady_clock::now() - watch.start,
                                      .times = times,
                                      .pool_stats = storage_.get_pool_stats(request.pool_name)};
    run_callbacks(watch.callbacks, payload, "acquire callback");
  } catch (...) {
    report_error("acquire event", std::current_exception());
  }
}

void ProxyManager::tell_released(const Lease& ended) const noexcept {
  std::vector<ReleaseCallback> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks = release_callbacks_;
  }
  if (callbacks.empty()) return;
  try {
    const Timestamp released_at = ended.released_at.value_or(utc_now());
    const ReleaseEventPayload payload{.lease = ended,
                                      .pool_name = ended.pool_name,
                                      .released_at = released_at,
                                      .lease_duration = released_at - ended.acquired_at,
                                      .pool_stats = storage_.get_pool_stats(ended.pool_name)};
    run_callbacks(callbacks, payload, "release callback");
  } catch (...) {
    report_error("release event", std::current_exception());
  }
}

template <class Acquire>
auto ProxyManager::acquire_by_polling(const AcquireRequest& request, AcquireTimes* times,
                                      const Acquire& acquire) {
  check_wait(request);
  engine::Stopwatch stopwatch(times);
  Polling polling(request.wait_for);
  const auto create = [&] { storage_.ensure_consumer(kDefaultConsumer); };
  for (;;) {
    auto acquired = engine::acquire_for_consumer(request, acquire, create);
    stopwatch.add_to(&AcquireTimes::choosing);
    if (!engine::found_none(acquired)) return acquired;
    const auto wait = polling.next();
    if (!wait) return acquired;
    std::this_thread::sleep_for(*wait);
    stopwatch.add_to(&AcquireTimes::queued);
  }
}

std::optional<Lease> ProxyManager::acquire_proxy(const AcquireRequest& request) {
  const auto watch = watch_acquire();
  AcquireTimes times;
  auto lease = acquire_once(request, watch ? &times : nullptr);
  if (watch) tell_acquired(*watch, request, lease, times);
  return lease;
}

std::optional<Lease> ProxyManager::acquire_once(const AcquireRequest& request,
                                                AcquireTimes* times) {
  if (NativeStorage* const native = storage_.native()) return native->acquire(request, times);
  return acquire_by_polling(request, times, [&] {
    return storage_.acquire(request.pool_name, consumer_of(request), request.duration,
                            filters_of(request), request.selector);
  });
}

std::vector<Lease> ProxyManager::acquire_many(const AcquireRequest& request, std::size_t count) {
  const auto watch = watch_acquire();
  AcquireTimes times;
  AcquireTimes* const wanted = watch ? &times : nullptr;
  NativeStorage* const native = storage_.native();
  auto leases = native != nullptr ? native->acquire_many(request, count, wanted)
                                  : acquire_by_polling(request, wanted, [&] {
                                      return storage_.acquire_many(request, count);
                                    });
  if (watch) {
    if (leases.empty()) tell_acquired(*watch, request, std::nullopt, times);
    for (const Lease& lease : leases) tell_acquired(*watch, request, lease, times);
  }
  return leases;
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
  if (ended) tell_released(*ended);
  return ended.has_value();
}

std::size_t ProxyManager::release_many(std::span<const Lease> leases) {
  const auto ended = storage_.end_leases(leases);
  for (const Lease& lease : ended) tell_released(lease);
  return ended.size();
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
