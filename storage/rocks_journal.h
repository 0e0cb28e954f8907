// The journal over RocksDB.
//
// Group commit, by a leader and its followers:
//
// 1. append() puts an operation's changes at the end of the queue: no I/O, the engine's lock is
//    held.
// 2. The first to wait becomes the leader: it takes a group from the front of the queue, encodes it
//    into one batch and writes it, holding no lock. A lone caller so does its own write, with no
//    hand-over to another thread.
// 3. Whoever waits meanwhile sleeps. When the group is durable the leader wakes those it was for,
//    and one of the others to lead the next group: not all, of whom most would sleep again.
// 4. Callers that do not wait leave an observer. The committer, a thread of the journal's, leads
//    when nobody else does and there are observers to be told, and tells them, whoever led. While
//    it does so the next group gathers, so that groups grow with the load by themselves.
// 5. A group that fails is the last one. It may be on the disk or not, so nothing may follow it:
//    every wait for it and every later append throws, until the store is opened again. Reads go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/mutex.h"
#include "storage/persistent_journal.h"
#include "storage/rocks_database.h"
#include "storage/rocks_history.h"
#include "storage/rocks_witness_keeper.h"
#include "storage/store_lock.h"

namespace pharox::storage {

class RocksJournal final : public PersistentJournal {
 public:
  RocksJournal(const std::filesystem::path& folder, const JournalOptions& options);
  ~RocksJournal() override;

  Ticket append(ChangeList&& changes, Timestamp now) override;
  Ticket last() const override;
  void wait(Ticket ticket) override;
  bool tell(Ticket ticket, CommitObserver& observer) override;

  std::optional<format::StoredLease> find_ended_lease(const Uuid& id) override;
  void visit_ended_leases(const Uuid& after, const Visitor<format::StoredLease>& visit) override;
  std::optional<HealthCheckResult> find_health(const Uuid& proxy_id) override;

  RowSource& rows() override { return database(); }
  const Losses& losses() const override { return database_->losses(); }
  void checkpoint(const std::filesystem::path& folder) override;
  void reopen() override;
  void close() override;

 private:
  struct Operation {
    ChangeList changes;
    Timestamp now;
  };
  // Those who wait for one group. They are woken all at once and without the mutex, which each of
  // them needs next.
  struct Waiters {
    enum State { pending, settled, leaderless };
    std::atomic<int> state = pending;

    void await();
    void settle();
    void call_leader();
  };

  struct Observed {
    Ticket ticket;
    CommitObserver* observer;
  };

  // Returns when `ticket` is durable or never will be.
  void settle(Ticket ticket) PHAROX_REQUIRES(mutex_);
  void settle_all() PHAROX_EXCLUDES(mutex_);
  bool is_settled(Ticket ticket) const PHAROX_REQUIRES(mutex_) {
    return ticket <= durable_ || !failure_.empty();
  }
  void lead() PHAROX_REQUIRES(mutex_);
  void take_group() PHAROX_REQUIRES(mutex_);
  void serve_observers();
  void tell_settled() PHAROX_REQUIRES(mutex_);
  // The leader's: what went wrong, or nothing.
  std::string commit() noexcept;
  void write_group();
  [[noreturn]] void refuse() const PHAROX_REQUIRES(mutex_);
  std::string refusal() const PHAROX_REQUIRES(mutex_);
  void open_database();
  void abandon_database();
  // Throws StorageError when a reopen() has left none.
  RocksDatabase& database();

  // The lock goes last, when the database is closed.
  const std::filesystem::path folder_;
  const JournalOptions options_;
  std::unique_ptr<StoreLock> lock_;
  std::unique_ptr<RocksDatabase> database_;  // changed by reopen() and close() alone
  std::unique_ptr<WitnessKeeper> witness_;   // of the database

  // The leader's alone.
  std::vector<Operation> group_;
  std::optional<RocksHistory> history_;
  rocksdb::WriteBatch batch_;

  mutable Mutex mutex_;
  std::deque<Operation> queue_ PHAROX_GUARDED_BY(mutex_);
  // Empty, with their memory. What one thread allocates and another gives back, at every operation,
  // costs both of them the allocator's lock.
  std::vector<ChangeList> spare_lists_ PHAROX_GUARDED_BY(mutex_);
  Ticket appended_ PHAROX_GUARDED_BY(mutex_) = 0;
  Ticket durable_ PHAROX_GUARDED_BY(mutex_) = 0;
  bool has_leader_ PHAROX_GUARDED_BY(mutex_) = false;
  bool closed_ PHAROX_GUARDED_BY(mutex_) = false;
  std::string failure_ PHAROX_GUARDED_BY(mutex_);  // of the commit that failed
  // Of the group that is being committed, and of the next one; null while there are none.
  std::shared_ptr<Waiters> waiters_ PHAROX_GUARDED_BY(mutex_);
  std::shared_ptr<Waiters> next_waiters_ PHAROX_GUARDED_BY(mutex_);
  Ticket taken_ PHAROX_GUARDED_BY(mutex_) = 0;  // the last one of the group being committed
  std::deque<Observed> observed_ PHAROX_GUARDED_BY(mutex_);  // by ticket
  CondVar committer_wakes_;
  std::thread committer_;
};

}  // namespace pharox::storage
