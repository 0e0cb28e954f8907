#include "engine/lease_keeper.h"

#include <algorithm>
#include <utility>

#include "pharox/errors.h"
#include "pharox/manager.h"

namespace pharox {

void validate(const KeepAlive& how) {
  const auto require = [](const char* field, Duration value) {
    if (value > Duration{0}) return;
    throw InvalidArgumentError("keep_alive." + std::string(field) + " is " +
                               std::to_string(value.count()) +
                               " microseconds; it must be more than 0");
  };
  require("duration", how.duration);
  if (how.interval) require("interval", *how.interval);
}

}  // namespace pharox

namespace pharox::engine {
namespace {

using std::chrono::steady_clock;

Duration interval_of(const KeepAlive& how) {
  return how.interval.value_or(std::max(how.duration / 3, Duration{1}));
}

// A duration may be longer than the clock can count.
LeaseKeeper::Time later(LeaseKeeper::Time from, Duration span) {
  constexpr Duration kLongest = std::chrono::hours{24 * 365};
  return from + std::min(span, kLongest);
}

}  // namespace

LeaseKeeper::~LeaseKeeper() {
  {
    const storage::MutexLock lock(mutex_);
    stopped_ = true;
    wakes_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<KeptLease> LeaseKeeper::keep(const Lease& lease, const KeepAlive& how) {
  validate(how);
  auto kept = std::make_shared<KeptLease>(lease, how);
  const Time now = steady_clock::now();
  if (!manager_.renew(lease, how.duration)) return nullptr;
  kept->granted_until = later(now, how.duration);
  const storage::MutexLock lock(mutex_);
  order_.emplace(later(now, interval_of(how)), kept);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wakes_.notify_one();
  return kept;
}

void LeaseKeeper::drop(KeptLease& kept) {
  const storage::MutexLock lock(mutex_);
  kept.dropped = true;
  std::erase_if(order_, [&](const auto& entry) { return entry.second.get() == &kept; });
  if (std::this_thread::get_id() == thread_.get_id()) return;
  while (at_work_on_.get() == &kept) finished_.wait(mutex_);
}

void LeaseKeeper::run() {
  storage::MutexLock lock(mutex_);
  while (!stopped_) {
    if (order_.empty()) {
      wakes_.wait(mutex_);
      continue;
    }
    const auto first = order_.begin();
    const Time due = first->first;  // a copy: the entry may be dropped while this sleeps
    if (due > steady_clock::now()) {
      wakes_.wait_until(mutex_, due);
      continue;
    }
    at_work_on_ = std::move(first->second);
    order_.erase(first);
    KeptLease& kept = *at_work_on_;
    lock.unlock();
    const std::optional<Time> next = renew(kept);
    lock.lock();
    if (next && !kept.dropped) {
      order_.emplace(*next, at_work_on_);
    } else if (!next && !kept.dropped) {
      lock.unlock();
      lose(kept);
      lock.lock();
    }
    at_work_on_.reset();
    finished_.notify_all();
  }
}

std::optional<LeaseKeeper::Time> LeaseKeeper::renew(KeptLease& kept) {
  const Time now = steady_clock::now();
  try {
    if (!manager_.renew(kept.lease, kept.how.duration)) return std::nullopt;
    kept.granted_until = later(now, kept.how.duration);
    return later(now, interval_of(kept.how));
  } catch (...) {
    manager_.report_error("renewal of a lease that is kept alive", std::current_exception());
  }
  if (now >= kept.granted_until) return std::nullopt;
  return std::min(later(now, interval_of(kept.how) / 4 + Duration{1}), kept.granted_until);
}

void LeaseKeeper::lose(KeptLease& kept) {
  kept.lost = true;
  if (!kept.how.on_lost) return;
  try {
    kept.how.on_lost(kept.lease);
  } catch (...) {
    manager_.report_error("callback of a lost lease", std::current_exception());
  }
}

}  // namespace pharox::engine
