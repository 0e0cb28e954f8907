// Acquiring through the shell: at once, or from the queue of a pool; blocking, or told later.
#include <utility>

#include "engine/acquiring.h"
#include "engine/stopwatch.h"
#include "engine/storage_shell.h"

namespace pharox::engine {
namespace {

auto take_one(const AcquireRequest& request) {
  return [&request](LeaseState& state, const Moment& now, storage::ChangeList& changes) {
    return state.acquire(request.pool_name, consumer_of(request), request.duration,
                         filters_of(request), request.selector, now, changes);
  };
}

void move_to(std::optional<Lease>& lease, std::vector<Lease>& found) {
  if (!found.empty()) lease = std::move(found.front());
}
void move_to(std::vector<Lease>& leases, std::vector<Lease>& found) { leases = std::move(found); }

}  // namespace

// A thread that sleeps. It is woken when the lock has been let go of, which it needs next; by then
// it may have seen that it is done, and be gone, but for whoever wakes it.
class StorageShell::BlockedWaiter final : public Waiter,
                                          public std::enable_shared_from_this<BlockedWaiter> {
 public:
  explicit BlockedWaiter(StorageShell& shell) : shell_(shell) {}

  void served(WaitOutcome ended, std::optional<Ticket> appended) override {
    outcome = std::move(ended);
    ticket = appended;
    finish();
  }
  void refused(const std::exception_ptr& error) override {
    outcome.error = error;
    finish();
  }
  void wake() { called.notify_one(); }

  bool done = false;
  WaitOutcome outcome{};
  std::optional<Ticket> ticket{};
  storage::CondVar called{};

 private:
  void finish() PHAROX_NO_THREAD_SAFETY_ANALYSIS {
    done = true;
    shell_.woken_.push_back(shared_from_this());
  }

  StorageShell& shell_;
};

void StorageShell::wake_all(const std::vector<std::shared_ptr<BlockedWaiter>>& waiters) {
  for (const auto& each : waiters) each->wake();
}

class StorageShell::StartedAcquire final : public Started, public Waiter {
 public:
  StartedAcquire(StorageShell& shell, bool wants_times, Completion& done)
      : Started(shell, done), stopwatch_(wants_times ? &done.result.times : nullptr) {}

  void served(WaitOutcome outcome, std::optional<Ticket> ticket) override {
    stopwatch_.add_to(&AcquireTimes::queued);
    move_to(done_.result.lease, outcome.leases);
    done_.error = outcome.error;
    answer(ticket);
  }
  void refused(const std::exception_ptr& error) override {
    done_.error = error;
    answer(std::nullopt);
  }
  void chosen(std::optional<Ticket> ticket) {
    stopwatch_.add_to(&AcquireTimes::choosing);
    answer(ticket);
  }
  void queued() { stopwatch_.add_to(&AcquireTimes::choosing); }

 private:
  void answer(std::optional<Ticket> ticket) PHAROX_NO_THREAD_SAFETY_ANALYSIS {
    shell_.tell_when_durable(done_.result.lease ? ticket : std::nullopt, *this);
  }
  void about_to_complete() override { stopwatch_.add_to(&AcquireTimes::committing); }

  Stopwatch stopwatch_;
};

template <class Leases, class Take>
StorageShell::Taken<Leases> StorageShell::take_or_queue(const AcquireRequest& request,
                                                        std::size_t count, const Take& take,
                                                        Waiter* waiter) {
  check_wait(request);
  const Moment now = clock_.now();
  const auto take_for_consumer = [&](LeaseState& state, const Moment& moment,
                                     storage::ChangeList& changes) {
    return acquire_for_consumer(
        request, [&] { return take(state, moment, changes); },
        [&] { state.ensure_consumer(kDefaultConsumer, changes); });
  };
  Taken<Leases> taken{.leases = run(take_for_consumer, now)};
  if (waiter != nullptr && found_none(taken.leases)) {
    taken.queued = state_->enqueue(request, consumer_of(request), count, now);
  }
  taken.ticket = append_changes(now);
  if (taken.queued) {
    waiters_.emplace(*taken.queued, waiter);
    if (!has_virtual_clock_) start_reclaimer();  // nobody else may come to see that a lease ends
  }
  wake_reclaimer_if_earlier();
  return taken;
}

template <class Leases, class Take>
Leases StorageShell::take_and_wait(const AcquireRequest& request, std::size_t count,
                                   AcquireTimes* times, const Take& take) {
  Stopwatch stopwatch(times);
  Call call(*this);
  call.require_writable();
  std::shared_ptr<BlockedWaiter> waiter;
  if (request.wait_for > Duration{0}) waiter = std::make_shared<BlockedWaiter>(*this);
  auto taken = take_or_queue<Leases>(request, count, take, waiter.get());
  stopwatch.add_to(&AcquireTimes::choosing);
  if (!taken.queued) {
    if (!taken.ticket) return std::move(taken.leases);
    call.unlock();
  } else {
    calls_.fetch_add(1, std::memory_order_relaxed);  // the wait lets go of the lock
    call.tell_ready();
    while (!waiter->done) waiter->called.wait(mutex_);
    call.unlock();
    end_call();
    stopwatch.add_to(&AcquireTimes::queued);
    if (waiter->outcome.error) std::rethrow_exception(waiter->outcome.error);
    move_to(taken.leases, waiter->outcome.leases);
    taken.ticket = waiter->ticket;
    if (found_none(taken.leases) || !taken.ticket) return std::move(taken.leases);
  }
  wait(*taken.ticket);
  stopwatch.add_to(&AcquireTimes::committing);
  return std::move(taken.leases);
}

std::optional<Lease> StorageShell::acquire(const AcquireRequest& request, AcquireTimes* times) {
  return take_and_wait<std::optional<Lease>>(request, 1, times, take_one(request));
}

std::vector<Lease> StorageShell::acquire_many(const AcquireRequest& request, std::size_t count,
                                              AcquireTimes* times) {
  return take_and_wait<std::vector<Lease>>(
      request, count, times,
      [&](LeaseState& state, const Moment& now, storage::ChangeList& changes) {
        return state.acquire_many(request, consumer_of(request), count, now, changes);
      });
}

void StorageShell::start_acquire(const AcquireRequest& request, bool wants_times,
                                 Completion& done) {
  try {
    auto started = make_in<StartedAcquire>(done, *this, wants_times);
    Call call(*this);
    call.require_writable();
    auto taken = take_or_queue<std::optional<Lease>>(
        request, 1, take_one(request), request.wait_for > Duration{0} ? started.get() : nullptr);
    if (taken.queued) {
      done.wait_ = *taken.queued;
      started.release()->queued();
    } else {
      done.result.lease = std::move(taken.leases);
      started.release()->chosen(taken.ticket);
    }
  } catch (...) {
    complete_with_error(done);
  }
}

void StorageShell::cancel(Completion& done) {
  const Hold hold(*this);
  const auto found = waiters_.find(done.wait_);
  if (found == waiters_.end()) return;
  Waiter& waiter = *found->second;
  waiters_.erase(found);
  state_->withdraw(done.wait_, clock_.now());
  waiter.served({.id = done.wait_}, std::nullopt);
}

void StorageShell::refuse_waiters(const std::exception_ptr& error) {
  const Moment now = clock_.now();
  for (const WaitId id : state_->waiting()) state_->withdraw(id, now);
  for (const auto& [id, waiter] : std::exchange(waiters_, {})) waiter->refused(error);
}

}  // namespace pharox::engine
