// The shell around the pure lease state: it owns the lock, the clock, the journal and the thread
// that ends leases on time.
//
// A write: take the lock, read the clock, run the operation, append its changes to the journal
// (so that journal order is state order), let go of the lock, wait for durability. What an
// operation reclaimed before it threw is appended too. A write that was started, with start() or
// start_acquire(), does the same but leaves an observer with the journal instead of waiting.
//
// Callers that wait for a proxy stand in the state's queues. What an operation makes available to
// them is leased to them by that same operation, in the same commit; then each waits for the commit
// like any other caller.
//
// Nobody is called with the lock held: who is to be told is listed in `ready_`, and told by whoever
// lets go of the lock next.
//
// Once a commit has failed, its outcome is unknown and memory may be ahead of the disk: every
// further write is refused, reads go on. Until reopen():
//
// 1. The reclaimer is stopped and every call that uses the journal comes to its end. Writes are
//    refused already; whoever wants to read from the journal waits.
// 2. The journal is opened again and a second state is built from it, without the lock: reads of
//    the first one go on.
// 3. The states are exchanged under the lock. When 2 fails they are not, and all is as before.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/lease_state.h"
#include "pharox/clock.h"
#include "pharox/errors.h"
#include "pharox/native_storage.h"
#include "storage/journal.h"
#include "storage/mutex.h"
#include "storage/recovery.h"

namespace pharox::engine {

// The state that `rows` hold, its tokens going on `skipped_tokens` above the mark. What has to be
// written down about that, and about leases of before a restart of the machine, is durable in
// `journal`, which the rows are of, when it returns. Throws CorruptionError and StorageError.
std::unique_ptr<LeaseState> recover_state(storage::RowSource& rows, storage::Journal& journal,
                                          const LeaseState::Options& options,
                                          std::uint64_t skipped_tokens = 0);

class StorageShell {
 public:
  struct Options {
    const Clock* clock = nullptr;  // null: the system clock
    bool background_reclaimer = true;
    std::uint64_t id_seed = 0;  // 0: from the operating system
  };
  // Makes a state of what the journal holds.
  using Build = std::function<std::unique_ptr<LeaseState>(storage::Journal& journal,
                                                          const LeaseState::Options& options)>;
  StorageShell(const Options& options, std::unique_ptr<storage::Journal> journal,
               const Build& build);
  ~StorageShell();
  StorageShell(const StorageShell&) = delete;
  StorageShell& operator=(const StorageShell&) = delete;

  // Begins to end leases in the background, where that is wanted and the clock is the system's.
  void start();

  // Stops the reclaimer, refuses every call from now on and waits for those under way. Returns the
  // journal, for the caller to close. Null when it was called before.
  std::unique_ptr<storage::Journal> stop() PHAROX_EXCLUDES(lifecycle_, mutex_);

  // Once a commit has failed: begins anew with the state that `build` makes, for which nobody else
  // uses the journal. What it throws is thrown on, and changes nothing but what the next refusal
  // says. False, having done nothing, when no commit has failed.
  bool reopen(const Build& build) PHAROX_EXCLUDES(lifecycle_, mutex_);

  // op(state, now, changes) -> result. Returns once what it changed is durable.
  template <class Op>
  auto write(Op&& op) {
    return write_and_wait(op, false);
  }

  // As write, but waits for everything appended so far even when nothing had to be changed: for
  // operations that tell their caller that something already is as it should be.
  template <class Op>
  auto ensure(Op&& op) {
    return write_and_wait(op, true);
  }

  // op(state, now, changes) -> a lease, if any. As write and ensure, but without waiting: `done` is
  // told.
  template <class Op>
  void start(Op&& op, bool even_if_unchanged, Completion& done);

  // Leases, waiting in the queue as long as the request says when there is nothing to lease.
  // `times`: where they are wanted.
  std::optional<Lease> acquire(const AcquireRequest& request, AcquireTimes* times);
  std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count,
                                  AcquireTimes* times);
  // acquire, but without waiting: `done` is told.
  void start_acquire(const AcquireRequest& request, bool wants_times, Completion& done);
  void cancel(Completion& done) PHAROX_EXCLUDES(mutex_);
  void hurry() PHAROX_EXCLUDES(mutex_);

  // For work that takes the lock again and again: a mutex is not fair, and whoever sleeps on it
  // would wait until all of that work is done. Lets those have it who wait for it now.
  void give_way() PHAROX_EXCLUDES(mutex_);

  // op(state, now) -> result.
  template <class Op>
  auto read(Op&& op) {
    Call call(*this);
    return op(std::as_const(*state_), clock_.now());
  }

  // op(journal) -> result, outside the lock: for rows that the state does not hold.
  template <class Op>
  auto read_journal(Op&& op) {
    Call call(*this);
    call.await_journal();
    call.unlock();
    return op(*journal_);
  }

 private:
  // Holds the lock for a scope, or until unlock(); then tells those who are ready.
  class PHAROX_SCOPED_CAPABILITY Hold {
   public:
    explicit Hold(StorageShell& shell) PHAROX_ACQUIRE(shell.mutex_) : shell_(shell) {
      shell_.mutex_.lock();
    }
    ~Hold() PHAROX_RELEASE() {
      if (held_) shell_.unlock_and_tell();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    void unlock() PHAROX_RELEASE() {
      held_ = false;
      shell_.unlock_and_tell();
    }
    void lock() PHAROX_ACQUIRE() {
      shell_.mutex_.lock();
      held_ = true;
    }

   private:
    StorageShell& shell_;
    bool held_ = true;
  };

  // A call under way: holds the lock until unlock(), and from then on keeps the journal from being
  // given away. Refuses a call from inside a filter's predicate, which would wait for itself.
  class PHAROX_SCOPED_CAPABILITY Call {
   public:
    explicit Call(StorageShell& shell) PHAROX_ACQUIRE(shell.mutex_);
    ~Call() PHAROX_RELEASE();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void unlock() PHAROX_RELEASE();
    // Lets go of the lock for a moment, if there is anybody to tell.
    void tell_ready() PHAROX_NO_THREAD_SAFETY_ANALYSIS;
    void require_writable() const PHAROX_NO_THREAD_SAFETY_ANALYSIS;
    void await_journal() const PHAROX_NO_THREAD_SAFETY_ANALYSIS;

   private:
    StorageShell& shell_;
    const StorageShell* const outer_;  // the one whose lock this thread holds already
    bool locked_ = true;
  };

  using Ticket = storage::Journal::Ticket;

  // A call that was started: under way until it is settled, and then gone. It lives in the room
  // that its Completion has for it.
  class Started;
  struct Destroy {
    template <class Call>
    void operator()(Call* call) const {
      call->~Call();
    }
  };
  template <class Call, class... Parts>
  static std::unique_ptr<Call, Destroy> make_in(Completion& done, Parts&&... parts) {
    static_assert(sizeof(Call) <= Completion::kCallSize);
    return std::unique_ptr<Call, Destroy>(::new (done.call_)
                                              Call(std::forward<Parts>(parts)..., done));
  }
  class StartedAcquire;
  // Of a call that cannot be started: with the exception under way.
  static void complete_with_error(Completion& done) {
    done.error = std::current_exception();
    done.complete();
  }
  // Somebody in the queue of a pool. Either function is called once, with the lock held.
  class Waiter {
   public:
    virtual void served(WaitOutcome outcome, std::optional<Ticket> ticket) = 0;
    virtual void refused(const std::exception_ptr& error) = 0;

   protected:
    ~Waiter() = default;
  };
  class BlockedWaiter;

  template <class Op>
  auto write_and_wait(Op& op, bool even_if_unchanged) {
    Call call(*this);
    auto [result, ticket] = apply(call, op, even_if_unchanged);
    if (!ticket) return std::move(result);
    call.unlock();
    wait(*ticket);
    return std::move(result);
  }
  // Runs the operation and appends what it changed. With its result, what has to be durable before
  // anybody is told of it.
  template <class Op>
  auto apply(const Call& call, Op& op, bool even_if_unchanged) PHAROX_REQUIRES(mutex_) {
    call.require_writable();
    const Moment now = clock_.now();
    auto result = run(op, now);
    std::optional<Ticket> ticket = append_changes(now);
    wake_reclaimer_if_earlier();
    if (!ticket && even_if_unchanged) ticket = journal_->last();
    return std::pair(std::move(result), ticket);
  }
  template <class Op>
  auto run(Op& op, const Moment& now) PHAROX_REQUIRES(mutex_) {
    try {
      return op(*state_, now, changes_);
    } catch (...) {
      append_changes(now);
      throw;
    }
  }
  // Leases what the operation made available to those who wait, and hands what it changed to the
  // journal. Nothing when it changed nothing.
  std::optional<Ticket> append_changes(const Moment& now) PHAROX_REQUIRES(mutex_);
  void wait(Ticket ticket) PHAROX_EXCLUDES(mutex_);
  void note_failure(const std::string& cause) PHAROX_REQUIRES(mutex_);
  // Ends every wait, in the order of arrival.
  void refuse_waiters(const std::exception_ptr& error) PHAROX_REQUIRES(mutex_);
  // take(state, now, changes) -> leases: one, or many. When it finds none, `waiter` is queued, if
  // there is one.
  template <class Leases>
  struct Taken {
    Leases leases{};
    std::optional<Ticket> ticket{};
    std::optional<WaitId> queued{};
  };
  template <class Leases, class Take>
  Taken<Leases> take_or_queue(const AcquireRequest& request, std::size_t count, const Take& take,
                              Waiter* waiter) PHAROX_REQUIRES(mutex_);
  template <class Leases, class Take>
  Leases take_and_wait(const AcquireRequest& request, std::size_t count, AcquireTimes* times,
                       const Take& take);
  // Has it told when `ticket` is durable, or else at once.
  void tell_when_durable(std::optional<Ticket> ticket, Started& started) PHAROX_REQUIRES(mutex_);
  bool has_anybody_to_tell() const PHAROX_REQUIRES(mutex_) {
    return !ready_.empty() || !woken_.empty();
  }
  void unlock_and_tell() PHAROX_RELEASE(mutex_);
  static void wake_all(const std::vector<std::shared_ptr<BlockedWaiter>>& waiters);
  void end_call();
  void start_reclaimer() PHAROX_REQUIRES(mutex_);
  void wake_reclaimer_if_earlier() PHAROX_REQUIRES(mutex_);
  void reclaim_until_stopped();
  // Throws where whoever calls would wait for itself.
  void refuse_inside_predicate() const;
  // Returns when the reclaimer has ended and no call uses the journal: those that may begin to must
  // have been kept from it before.
  void await_users_of_journal() PHAROX_REQUIRES(lifecycle_);
  std::uint64_t count_started() PHAROX_EXCLUDES(mutex_);
  LeaseState::Options next_state_options();
  // Whether there was anything to do, and so may be more.
  bool reclaim_batch(std::optional<Ticket>& ticket) PHAROX_REQUIRES(mutex_);

  const SystemClock system_clock_;
  const Clock& clock_;
  const bool wants_reclaimer_;  // even when nobody waits for a proxy
  const bool has_virtual_clock_;
  std::uint64_t id_seed_;                      // of the next state
  std::unique_ptr<storage::Journal> journal_;  // set until stop(), which waits for its users
  // Calls under way without the lock: those that a thread makes, and those that were started less
  // those that were settled. The last are counted by another thread, so on a cache line of theirs.
  std::atomic<int> calls_{0};
  std::uint64_t started_ PHAROX_GUARDED_BY(mutex_) = 0;
  alignas(64) std::atomic<std::uint64_t> settled_{0};
  std::atomic<int> waiting_{0};  // for the lock

  alignas(64) storage::Mutex lifecycle_;  // of stop() and reopen(), before mutex_
  storage::Mutex mutex_;
  std::unique_ptr<LeaseState> state_ PHAROX_GUARDED_BY(mutex_);
  storage::ChangeList changes_ PHAROX_GUARDED_BY(mutex_);  // of the operation under way
  std::string failure_ PHAROX_GUARDED_BY(mutex_);          // the cause of the first failed commit
  std::string reopen_failure_ PHAROX_GUARDED_BY(mutex_);   // of the last attempt since
  bool reopening_ PHAROX_GUARDED_BY(mutex_) = false;
  storage::CondVar reopened_;  // or not, after all
  bool stopped_ PHAROX_GUARDED_BY(mutex_) = false;
  std::map<WaitId, Waiter*> waiters_ PHAROX_GUARDED_BY(mutex_);
  // To be told, and to be woken, without the lock.
  std::vector<Started*> ready_ PHAROX_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<BlockedWaiter>> woken_ PHAROX_GUARDED_BY(mutex_);
  bool reclaiming_ PHAROX_GUARDED_BY(mutex_) = false;
  storage::CondVar reclaimer_wakes_;
  Duration reclaimer_sleeps_until_ PHAROX_GUARDED_BY(mutex_) = Duration::max();  // since boot
  std::thread reclaimer_;
};

class StorageShell::Started : public storage::CommitObserver {
 public:
  Started(StorageShell& shell, Completion& done) : shell_(shell), done_(done) {}
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;
  virtual ~Started() = default;

  void settled(const std::string* failure) noexcept final;
  bool more_follow() const { return done_.more_follow; }

 protected:
  virtual void about_to_complete() {}

  StorageShell& shell_;
  Completion& done_;
};

template <class Op>
void StorageShell::start(Op&& op, bool even_if_unchanged, Completion& done) {
  try {
    auto started = make_in<Started>(done, *this);
    Call call(*this);
    auto [lease, ticket] = apply(call, op, even_if_unchanged);
    done.result.lease = std::move(lease);
    tell_when_durable(ticket, *started.release());
  } catch (...) {
    complete_with_error(done);
  }
}

}  // namespace pharox::engine
