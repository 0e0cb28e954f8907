#include "engine/storage_shell.h"

#include <algorithm>
#include <exception>
#include <random>

namespace pharox::engine {
namespace {

// Steps of the wheel in one hold of the lock and one commit: some tens of microseconds and some
// hundreds, which a caller may have to wait for.
constexpr std::size_t kBackgroundBatch = 64;

// A sleep is at least this long, so that leases which end close together are ended together, and at
// most that long, because the clock it is measured on stands still while the machine is suspended.
constexpr Duration kMinSleep = std::chrono::milliseconds{1};
constexpr Duration kMaxSleep = std::chrono::seconds{1};

// The storage whose lock this thread holds, if any.
thread_local const StorageShell* lock_held_by_this_thread = nullptr;

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

std::unique_ptr<LeaseState> recover_state(storage::RowSource& rows, storage::Journal& journal,
                                          const LeaseState::Options& options,
                                          std::uint64_t skipped_tokens) {
  auto state = std::make_unique<LeaseState>(options);
  storage::recover(rows, *state);
  storage::ChangeList changes;
  if (skipped_tokens > 0) state->skip_tokens(skipped_tokens, changes);
  state->resume(changes);
  if (!changes.empty()) journal.wait(journal.append(std::move(changes), options.now.wall));
  return state;
}

StorageShell::Call::Call(StorageShell& shell) : shell_(shell), outer_(lock_held_by_this_thread) {
  shell.refuse_inside_predicate();
  if (!shell_.mutex_.try_lock()) {
    shell_.waiting_.fetch_add(1, std::memory_order_relaxed);
    shell_.mutex_.lock();
    shell_.waiting_.fetch_sub(1, std::memory_order_relaxed);
  }
  if (shell_.stopped_) {
    shell_.mutex_.unlock();
    throw StorageError("the store is closed");
  }
  lock_held_by_this_thread = &shell;
}

StorageShell::Call::~Call() {
  if (locked_) {
    lock_held_by_this_thread = outer_;
    shell_.unlock_and_tell();
  } else {
    shell_.end_call();
  }
}

void StorageShell::Call::unlock() {
  shell_.calls_.fetch_add(1, std::memory_order_relaxed);
  lock_held_by_this_thread = outer_;
  locked_ = false;
  shell_.unlock_and_tell();
}

void StorageShell::Call::tell_ready() {
  while (shell_.has_anybody_to_tell()) {
    lock_held_by_this_thread = outer_;
    shell_.unlock_and_tell();
    shell_.mutex_.lock();
    lock_held_by_this_thread = &shell_;
  }
}

void StorageShell::Call::require_writable() const {
  if (shell_.failure_.empty()) return;
  std::string message =
      "writing is refused until the store is opened again, because a commit failed: " +
      shell_.failure_;
  if (!shell_.reopen_failure_.empty()) message += "; the last try: " + shell_.reopen_failure_;
  throw StorageError(message);
}

void StorageShell::Call::await_journal() const {
  while (shell_.reopening_) shell_.reopened_.wait(shell_.mutex_);
  // Whoever stops the storage meanwhile waits for calls that are counted, which this one is not
  // yet.
  if (shell_.stopped_) throw StorageError("the store is closed");
}

StorageShell::StorageShell(const Options& options, std::unique_ptr<storage::Journal> journal,
                           const Build& build)
    : clock_(options.clock ? *options.clock : system_clock_),
      wants_reclaimer_(options.background_reclaimer && options.clock == nullptr),
      has_virtual_clock_(options.clock != nullptr),
      id_seed_(options.id_seed),
      journal_(std::move(journal)),
      state_(build(*journal_, next_state_options())),
      changes_(journal_->keeps_rows()) {}

StorageShell::~StorageShell() { stop(); }

void StorageShell::start() {
  const Hold hold(*this);
  if (wants_reclaimer_) start_reclaimer();
}

void StorageShell::start_reclaimer() {
  if (reclaiming_ || stopped_ || reopening_) return;
  reclaimer_ = std::thread([this] {
    reclaim_until_stopped();
    const Hold hold(*this);
    reclaiming_ = false;
  });
  reclaiming_ = true;
}

std::unique_ptr<storage::Journal> StorageShell::stop() {
  const storage::MutexLock lifecycle(lifecycle_);
  {
    const Hold hold(*this);
    stopped_ = true;
    reclaimer_wakes_.notify_all();
    refuse_waiters(std::make_exception_ptr(StorageError("the store is closed")));
  }
  await_users_of_journal();
  return std::move(journal_);
}

bool StorageShell::reopen(const Build& build) {
  refuse_inside_predicate();
  const storage::MutexLock lifecycle(lifecycle_);
  {
    const Hold hold(*this);
    if (stopped_) throw StorageError("the store is closed");
    if (failure_.empty()) return false;
    reopening_ = true;
    reclaimer_wakes_.notify_all();
  }
  await_users_of_journal();
  std::unique_ptr<LeaseState> state;
  std::exception_ptr error;
  std::string reopen_failure;
  try {
    state = build(*journal_, next_state_options());
  } catch (const std::exception& thrown) {
    error = std::current_exception();
    reopen_failure = thrown.what();
  }
  {
    const Hold hold(*this);
    reopening_ = false;
    reopened_.notify_all();
    reopen_failure_ = std::move(reopen_failure);
    if (error) std::rethrow_exception(error);
    state_.swap(state);
    failure_.clear();
    if (wants_reclaimer_) start_reclaimer();
  }
  return true;  // and the state before goes, which takes a while, outside the lock
}

void StorageShell::refuse_inside_predicate() const {
  if (lock_held_by_this_thread == this) {
    throw InvalidArgumentError("a filter's predicate called the storage that is asking it");
  }
}

void StorageShell::await_users_of_journal() {
  if (reclaimer_.joinable()) reclaimer_.join();
  for (int calls = calls_.load(std::memory_order_acquire); calls != 0;
       calls = calls_.load(std::memory_order_acquire)) {
    calls_.wait(calls, std::memory_order_acquire);
  }
  const std::uint64_t started = count_started();
  for (std::uint64_t settled = settled_.load(std::memory_order_acquire); settled != started;
       settled = settled_.load(std::memory_order_acquire)) {
    settled_.wait(settled, std::memory_order_acquire);
  }
}

std::uint64_t StorageShell::count_started() {
  const Hold hold(*this);
  return started_;
}

// A seed that was asked for makes each state's ids repeatable, not those of one state again.
LeaseState::Options StorageShell::next_state_options() {
  const std::uint64_t seed = id_seed_ == 0 ? random_seed() : id_seed_++;
  return {.now = clock_.now(), .boot_id = clock_.boot_id(), .id_seed = seed};
}

// Nobody can be given anything before the store is opened again.
void StorageShell::note_failure(const std::string& cause) {
  if (failure_.empty()) failure_ = cause;
  refuse_waiters(std::make_exception_ptr(StorageError(cause)));
}

std::optional<StorageShell::Ticket> StorageShell::append_changes(const Moment& now) {
  std::vector<WaitOutcome> ended = state_->take_ended_waits(now, changes_);
  std::optional<Ticket> ticket;
  if (!changes_.empty()) {
    try {
      ticket = journal_->append(std::move(changes_), now.wall);
    } catch (const StorageError& error) {
      changes_.clear();
      note_failure(error.what());
      throw;
    }
  }
  for (WaitOutcome& outcome : ended) {
    const auto found = waiters_.find(outcome.id);
    Waiter& waiter = *found->second;
    waiters_.erase(found);
    waiter.served(std::move(outcome), ticket);
  }
  return ticket;
}

void StorageShell::unlock_and_tell() {
  if (!has_anybody_to_tell()) {
    mutex_.unlock();
    return;
  }
  const auto woken = std::exchange(woken_, {});
  const auto ready = std::exchange(ready_, {});
  mutex_.unlock();
  wake_all(woken);
  for (Started* each : ready) each->settled(nullptr);
}

void StorageShell::end_call() {
  if (calls_.fetch_sub(1, std::memory_order_release) == 1) calls_.notify_all();
}

void StorageShell::tell_when_durable(std::optional<Ticket> ticket, Started& started) {
  ++started_;
  if (!ticket || !journal_->tell(*ticket, started, started.more_follow())) {
    ready_.push_back(&started);
  }
}

void StorageShell::hurry() {
  const Hold hold(*this);
  if (journal_) journal_->hurry();
}

void StorageShell::Started::settled(const std::string* failure) noexcept {
  if (failure != nullptr) {
    done_.error = std::make_exception_ptr(StorageError(*failure));
    const Hold hold(shell_);
    shell_.note_failure(*failure);
  }
  about_to_complete();
  StorageShell& shell = shell_;
  Completion& done = done_;
  this->~Started();
  done.complete();  // and its memory may be somebody else's
  shell.settled_.fetch_add(1, std::memory_order_release);
  shell.settled_.notify_all();
}

void StorageShell::wait(Ticket ticket) {
  try {
    journal_->wait(ticket);
  } catch (const StorageError& error) {
    const Hold hold(*this);
    note_failure(error.what());
    throw;
  }
}

void StorageShell::give_way() {
  // About as long as it takes the kernel to wake a thread; some take longer.
  constexpr std::chrono::microseconds kWakeUp{50};
  constexpr int kPatience = 20;
  const int waiting = waiting_.load(std::memory_order_relaxed);
  for (int tries = 0; tries < kPatience && waiting > 0; ++tries) {
    std::this_thread::sleep_for(kWakeUp);
    if (waiting_.load(std::memory_order_relaxed) < waiting) return;
  }
}

void StorageShell::wake_reclaimer_if_earlier() {
  if (!reclaiming_) return;
  if (state_->next_event() < reclaimer_sleeps_until_) reclaimer_wakes_.notify_one();
}

bool StorageShell::reclaim_batch(std::optional<Ticket>& ticket) {
  const Moment now = clock_.now();
  const auto reclaimed = state_->reclaim(now, kBackgroundBatch, changes_);
  ticket = append_changes(now);
  return reclaimed.more_due || reclaimed.leases > 0;
}

void StorageShell::reclaim_until_stopped() {
  Hold lock(*this);
  while (!stopped_ && failure_.empty()) {
    reclaimer_sleeps_until_ = Duration::min();  // awake: nobody need wake it
    std::optional<Ticket> ticket;
    const auto begun = std::chrono::steady_clock::now();
    try {
      if (reclaim_batch(ticket)) {
        lock.unlock();
        if (ticket) wait(*ticket);
        // At most half of a processor's time: callers need it, and RocksDB's threads.
        std::this_thread::sleep_for(std::chrono::steady_clock::now() - begun);
        give_way();
        lock.lock();
        continue;
      }
    } catch (const StorageError&) {
      // Noted by append() and wait(): the next write tells its caller, and leases past their end
      // are ended again when the store is next opened.
      return;
    }
    if (has_anybody_to_tell()) {
      lock.unlock();
      lock.lock();
      continue;
    }
    const Duration now = clock_.now().since_boot;
    const Duration sleep = std::clamp(state_->next_event() - now, kMinSleep, kMaxSleep);
    reclaimer_sleeps_until_ = now + sleep;
    reclaimer_wakes_.wait_until(mutex_, std::chrono::steady_clock::now() + sleep);
  }
}

}  // namespace pharox::engine
