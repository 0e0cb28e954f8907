#include "storage/rocks_journal.h"

#include <cassert>
#include <exception>
#include <new>
#include <utility>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"
#include "storage/rocks_rows.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

using format::Table;

// A group is worth an fdatasync long before it has this many changes (measured: batches of 1,024
// rows put 25 times as many a second as batches of 1, and larger ones hardly more); beyond it, it
// only makes its waiters wait. In bytes it is some 10 MiB of the longest records.
constexpr std::size_t kGroupChanges = 4096;

// How many observers, and how long, the committer waits for. Both are far above what waking a
// thread costs (some 5 us here), and far below what anybody notices.
constexpr std::size_t kGatheredObservers = 512;
constexpr std::chrono::microseconds kGatherTime{1000};

// Of who waits for a group that others wait for already: letting those run that add to the next one
// costs less than sleeping and being woken does.
constexpr int kYieldsOfMany = 4;

// A group keeps its memory for the next one, but not that of an exceptionally large operation.
constexpr std::size_t kKeptBatchBytes = std::size_t{4} << 20;

// Rows read at a time while visiting the history.
constexpr std::size_t kVisitChunk = 256;

// Whether a change is synced in every mode.
bool is_synced(const Change& change) {
  return std::holds_alternative<PutTokenMark>(change) ||
         std::holds_alternative<PutBootAnchor>(change);
}

}  // namespace

std::unique_ptr<PersistentJournal> open_journal(const std::filesystem::path& folder,
                                                const JournalOptions& options) {
  if (inspect_folder(folder) != FolderState::store) {
    if (!options.create_if_missing) {
      throw StorageError("there is no store in " + folder.string());
    }
    create_folder(folder);
  }
  return std::make_unique<RocksJournal>(folder, options);
}

RocksJournal::RocksJournal(const std::filesystem::path& folder, const JournalOptions& options)
    : folder_(folder), options_(options), lock_(std::make_unique<StoreLock>(folder)) {
  queue_.push_back(std::make_unique<Group>());
  open_database();
  committer_ = std::thread([this] { serve_observers(); });
}

void RocksJournal::open_database() {
  database_ = RocksDatabase::open(folder_, options_);
  witness_ = std::make_unique<WitnessKeeper>(*database_, options_.durability,
                                             options_.seams.witness_interval, options_.log);
  history_.emplace(*database_, options_.history);
  rows_.emplace(*database_, *history_);
  database_->set_recovering(true);
  witness_->advance(database_->sequence());
}

void RocksJournal::abandon_database() {
  rows_.reset();
  history_.reset();
  witness_.reset();
  database_.reset();
}

RocksDatabase& RocksJournal::database() {
  if (database_) return *database_;
  const MutexLock lock(mutex_);
  throw StorageError(failure_);
}

RocksHistory& RocksJournal::history() {
  database();
  history_->require_restored();
  return *history_;
}

RowSource& RocksJournal::rows() {
  database();
  return *rows_;
}

RocksJournal::~RocksJournal() {
  try {
    close();
  } catch (const std::exception&) {
    // Whoever wants to know calls close().
  }
}

Journal::Ticket RocksJournal::append(ChangeList&& changes, Timestamp now) {
  MutexLock lock(mutex_);
  assert(!closed_);
  if (!failure_.empty()) refuse();
  if (queue_.back()->changes >= kGroupChanges) queue_.push_back(std::make_unique<Group>());
  Group& group = *queue_.back();
  group.changes += changes.size();
  group.now = now;
  try {
    group.unwritten.take(std::move(changes));
    if (append_makes_rows()) encode(group);
  } catch (const std::bad_alloc&) {
    // A part of it may be in the group, which must not be written then.
    fail(out_of_memory());
    if (!has_leader_ && next_waiters_) next_waiters_->settle();
    refuse();
  }
  group.last = ++appended_;
  return appended_;
}

void RocksJournal::encode(Group& group) {
  history_->require_restored();
  for (const Change& change : group.unwritten.all()) {
    std::uint64_t end_number = 0;
    if (const auto* ended = std::get_if<EndLease>(&change)) {
      assert(ended->lease.lease.released_at);
      end_number = history_->add(*ended->lease.lease.released_at);
    }
    write_rows(change, end_number, *database_, group.rows);
    group.synced |= is_synced(change);
  }
  group.unwritten.clear();
  if (const auto first = history_->forget(group.now, group.rows)) group.history_first = first;
}

void RocksJournal::fail(std::string cause) {
  failure_ = std::move(cause);
  queue_.clear();
}

Journal::Ticket RocksJournal::last() const {
  MutexLock lock(mutex_);
  return appended_;
}

void RocksJournal::wait(Ticket ticket) {
  MutexLock lock(mutex_);
  assert(ticket <= appended_);
  settle(ticket);
  if (ticket > durable_) refuse();
}

bool RocksJournal::tell(Ticket ticket, CommitObserver& observer, bool more_follow) {
  const MutexLock lock(mutex_);
  assert(ticket <= appended_ && !closed_);
  if (ticket <= durable_) return false;
  assert(observed_.empty() || observed_.back().ticket <= ticket);
  observed_.push_back({ticket, &observer});
  const bool hurries = !more_follow && !hurries_;
  hurries_ |= hurries;
  if (hurries || observed_.size() == 1 || observed_.size() == kGatheredObservers) {
    committer_wakes_.notify_one();
  }
  return true;
}

void RocksJournal::hurry() {
  const MutexLock lock(mutex_);
  if (observed_.empty()) return;
  hurries_ = true;
  committer_wakes_.notify_one();
}

void RocksJournal::serve_observers() {
  const MutexLock lock(mutex_);
  for (;;) {
    while (observed_.empty() && !closed_) committer_wakes_.wait(mutex_);
    if (observed_.empty()) return;
    gather_observers();
    settle(observed_.front().ticket);
    tell_settled();
  }
}

void RocksJournal::gather_observers() {
  if (options_.durability == Durability::sync) return;  // they gather while the disk is waited for
  const auto deadline = std::chrono::steady_clock::now() + kGatherTime;
  while (!hurries_ && observed_.size() < kGatheredObservers && !closed_) {
    if (!committer_wakes_.wait_until(mutex_, deadline)) break;
  }
  hurries_ = false;
}

void RocksJournal::tell_settled() {
  std::vector<std::pair<CommitObserver*, bool>> settled;
  for (; !observed_.empty() && is_settled(observed_.front().ticket); observed_.pop_front()) {
    settled.emplace_back(observed_.front().observer, observed_.front().ticket <= durable_);
  }
  const std::string failure = failure_.empty() ? std::string{} : refusal();
  mutex_.unlock();
  for (const auto& [observer, durable] : settled) observer->settled(durable ? nullptr : &failure);
  mutex_.lock();
}

void RocksJournal::settle(Ticket ticket) {
  while (!is_settled(ticket)) {
    if (!has_leader_) {
      lead();
      continue;
    }
    std::shared_ptr<Waiters>& place = ticket <= taken_ ? waiters_ : next_waiters_;
    const int yields = place ? kYieldsOfMany : 0;
    if (!place) place = std::make_shared<Waiters>();
    const std::shared_ptr<Waiters> waiters = place;
    mutex_.unlock();
    waiters->await(yields);
    mutex_.lock();
  }
}

// Until the group is settled, or its turn has come and nobody leads: then one of them returns.
void RocksJournal::Waiters::await(int yields) {
  while (state.wait_while(pending, yields) != settled) {
    if (state.replace(leaderless, pending)) return;
  }
}

// What was appended shows in reads; what cannot be written any more does not.
void RocksJournal::settle_all() {
  MutexLock lock(mutex_);
  settle(appended_);
}

void RocksJournal::lead() {
  has_leader_ = true;
  take_group();
  waiters_ = std::exchange(next_waiters_, nullptr);
  mutex_.unlock();
  std::string failure = commit();
  mutex_.lock();
  has_leader_ = false;
  if (failure.empty()) {
    durable_ = taken_;
  } else {
    fail(std::move(failure));
  }
  const std::shared_ptr<Waiters> waiters = std::exchange(waiters_, nullptr);
  const std::shared_ptr<Waiters> next = next_waiters_;
  const bool nothing_follows = !failure_.empty();
  if (!waiters && !next) return;
  mutex_.unlock();
  if (next) nothing_follows ? next->settle() : next->call_leader();
  if (waiters) waiters->settle();
  mutex_.lock();
}

void RocksJournal::Waiters::settle() {
  state.store(settled);
  state.wake_all();
}

void RocksJournal::Waiters::call_leader() {
  // Unless somebody has come meanwhile, led them, and said that they are settled.
  if (state.replace(pending, leaderless)) state.wake_one();
}

void RocksJournal::take_group() {
  group_->clear();
  std::swap(group_, queue_.front());
  if (queue_.size() > 1) queue_.pop_front();
  taken_ = group_->last;
}

void RocksJournal::Group::clear() {
  if (changes > kGroupChanges || rows.GetDataSize() > kKeptBatchBytes) {
    rows = rocksdb::WriteBatch();
    unwritten = {};
  }
  unwritten.clear();  // not empty when no rows could be made of it
  rows.Clear();
  changes = 0;
  synced = false;
  history_first.reset();
}

std::string RocksJournal::commit() noexcept {
  try {
    write_group();
    return {};
  } catch (const PharoxError& error) {
    return error.what();
  } catch (const std::exception&) {
    return out_of_memory();
  }
}

std::string RocksJournal::out_of_memory() const {
  return "cannot commit to " + folder_.string() + ": memory is exhausted";
}

void RocksJournal::write_group() {
  if (!append_makes_rows()) encode(*group_);
  const bool sync = group_->synced || options_.durability == Durability::sync;
  database_->write(group_->rows, sync);
  witness_->advance(database_->sequence());
  if (group_->history_first) database_->forget_below(*group_->history_first, sync);
}

void RocksJournal::refuse() const { throw StorageError(refusal()); }

std::string RocksJournal::refusal() const {
  return failure_ +
         "; whether that change is stored is unknown until the store is opened again, and until "
         "then it takes no more changes";
}

std::optional<format::StoredLease> RocksJournal::find_ended_lease(const Uuid& id) {
  settle_all();
  const std::string key = format::uuid_key(id);
  const auto value = database().get(Table::leases, key);
  if (!value) return std::nullopt;
  const format::LeaseRow row = format::decode_lease(key, *value);
  return history().keeps(row) ? std::optional(row.stored) : std::nullopt;
}

// In chunks, so that a slow visitor does not keep files alive that compaction has replaced.
void RocksJournal::visit_ended_leases(const Uuid& after,
                                      const Visitor<format::StoredLease>& visit) {
  settle_all();
  const RocksHistory& kept = history();
  std::string from = format::uuid_key(after) + '\0';  // the first key behind `after`
  std::vector<format::StoredLease> chunk;
  do {
    chunk.clear();
    database().visit(Table::leases, from, [&](std::string_view key, std::string_view value) {
      format::LeaseRow row = format::decode_lease(key, value);
      if (kept.keeps(row)) chunk.push_back(std::move(row.stored));
      return chunk.size() < kVisitChunk;
    });
    for (const format::StoredLease& lease : chunk) {
      if (!visit(lease)) return;
    }
    if (!chunk.empty()) from = format::uuid_key(chunk.back().lease.id) + '\0';
  } while (chunk.size() == kVisitChunk);
}

std::optional<HealthCheckResult> RocksJournal::find_health(const Uuid& proxy_id) {
  settle_all();
  const std::string key = format::uuid_key(proxy_id);
  const auto value = database().get(Table::health, key);
  if (!value) return std::nullopt;
  return format::decode_health(key, *value);
}

// Closing says nothing new: a commit has failed already. The new database must not meet the old
// one, so it is opened once that is gone.
void RocksJournal::reopen() {
  abandon_database();
  try {
    open_database();
  } catch (const std::exception& error) {
    abandon_database();
    const MutexLock lock(mutex_);
    failure_ = error.what();
    throw;
  }
  const MutexLock lock(mutex_);
  queue_.clear();
  queue_.push_back(std::make_unique<Group>());
  durable_ = taken_ = appended_;
  failure_.clear();
}

void RocksJournal::close() {
  std::string failure;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    settle(appended_);
    closed_ = true;
    failure = failure_;
    committer_wakes_.notify_one();
  }
  committer_.join();
  const auto attempt = [&](auto step) {
    try {
      step();
    } catch (const PharoxError& error) {
      if (failure.empty()) failure = error.what();
    }
  };
  // A store that was closed is whole on the disk, whatever the durability of its commits.
  if (failure.empty()) attempt([&] { database_->sync(); });
  if (failure.empty()) database_->shorten_logs();
  if (database_) {
    database_->stop_background();
    attempt([&] { witness_->stop(failure.empty()); });
    attempt([&] { database_->close(); });
  }
  lock_.reset();  // only now: the next holder must find nothing of ours under way
  if (!failure.empty()) throw StorageError(failure);
}

}  // namespace pharox::storage
