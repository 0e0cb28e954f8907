// The journal over RocksDB.
//
// Group commit, by a leader and its followers:
//
// 1. append() puts an operation's changes into the last group of the queue: no I/O, the engine's
//    lock is held.
// 2. The first to wait becomes the leader: it takes the group at the front of the queue, makes rows
//    of it and writes them as one batch, holding no lock. A lone caller so does its own write, with
//    no hand-over to another thread. Where commits wait for the disk, append() makes the rows: the
//    disk is busy with the group before, and should not wait for them.
// 3. Whoever waits meanwhile sleeps. When the group is durable the leader wakes those it was for,
//    and one of the others to lead the next group: not all, of whom most would sleep again.
// 4. Callers that do not wait leave an observer. The committer, a thread of the journal's, leads
//    when nobody else does and there are observers to be told, and tells them, whoever led. While
//    it does so the next group gathers, so that groups grow with the load by themselves. Where
//    commits are faster than callers come, it waits for those that are announced: each group costs
//    both threads a wake-up or two, which is as long as many changes take.
// 5. A group that fails is the last one. It may be on the disk or not, so nothing may follow it:
//    every wait for it and every later append throws, until the store is opened again. Reads go on.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/change_slots.h"
#include "storage/mutex.h"
#include "storage/persistent_journal.h"
#include "storage/rocks_database.h"
#include "storage/rocks_history.h"
#include "storage/rocks_witness_keeper.h"
#include "storage/store_lock.h"
#include "storage/wait_word.h"

namespace pharox::storage {

class RocksJournal final : public PersistentJournal {
 public:
  RocksJournal(const std::filesystem::path& folder, const JournalOptions& options);
  ~RocksJournal() override;

  Ticket append(ChangeList&& changes, Timestamp now) override;
  Ticket last() const override;
  void wait(Ticket ticket) override;
  bool tell(Ticket ticket, CommitObserver& observer, bool more_follow) override;
  void hurry() override;

  std::optional<format::StoredLease> find_ended_lease(const Uuid& id) override;
  void visit_ended_leases(const Uuid& after, const Visitor<format::StoredLease>& visit) override;
  std::optional<HealthCheckResult> find_health(const Uuid& proxy_id) override;

  RowSource& rows() override;
  const Losses& losses() const override { return database_->losses(); }
  void checkpoint(const std::filesystem::path& folder) override;
  void reopen() override;
  void close() override;

 private:
  // Operations that are committed together.
  struct Group {
    ChangeSlots unwritten{};  // of which there are no rows yet
    rocksdb::WriteBatch rows{};
    std::size_t changes = 0;
    Ticket last = 0;
    Timestamp now{};                               // of the last of them
    bool synced = false;                           // in every mode
    std::optional<std::uint64_t> history_first{};  // that is written with it

    void clear();  // keeps its memory
  };
  // Those who wait for one group. They are woken all at once and without the mutex, which each of
  // them needs next.
  struct Waiters {
    enum State { pending, settled, leaderless };
    WaitWord state{pending};

    void await(int yields);
    void settle();
    void call_leader();
  };

  struct Observed {
    Ticket ticket;
    CommitObserver* observer;
  };

  // The database's rows, for recovery. What has ended is the history's.
  class Rows final : public RowSource {
   public:
    Rows(RocksDatabase& database, RocksHistory& history) : database_(database), history_(history) {}

    void visit(format::Table table, std::string_view from, const RowVisitor& visit) override {
      database_.visit(table, from, visit);
    }
    std::optional<std::string> last_key(format::Table table) override {
      return database_.last_key(table);
    }
    std::size_t estimated_rows(format::Table table) override {
      return database_.estimated_rows(table);
    }
    void take_ended(const format::LeaseRow& row) override { history_.restore(row); }
    void took_all_ended() override { history_.finish_restoring(); }

   private:
    RocksDatabase& database_;
    RocksHistory& history_;
  };

  // Returns when `ticket` is durable or never will be.
  void settle(Ticket ticket) PHAROX_REQUIRES(mutex_);
  void settle_all() PHAROX_EXCLUDES(mutex_);
  bool is_settled(Ticket ticket) const PHAROX_REQUIRES(mutex_) {
    return ticket <= durable_ || !failure_.empty();
  }
  void lead() PHAROX_REQUIRES(mutex_);
  bool append_makes_rows() const { return options_.durability == Durability::sync; }
  // Makes rows of the changes that have none. By one thread at a time, for the history.
  void encode(Group& group);
  // Nothing is committed any more.
  void fail(std::string cause) PHAROX_REQUIRES(mutex_);
  void take_group() PHAROX_REQUIRES(mutex_);
  void serve_observers();
  void gather_observers() PHAROX_REQUIRES(mutex_);
  void tell_settled() PHAROX_REQUIRES(mutex_);
  // The leader's: what went wrong, or nothing.
  std::string commit() noexcept;
  void write_group();
  [[noreturn]] void refuse() const PHAROX_REQUIRES(mutex_);
  std::string refusal() const PHAROX_REQUIRES(mutex_);
  std::string out_of_memory() const;
  void open_database();
  void abandon_database();
  // These two throw StorageError when a reopen() has left none.
  RocksDatabase& database();
  RocksHistory& history();

  // The lock goes last, when the database is closed.
  const std::filesystem::path folder_;
  const JournalOptions options_;
  std::unique_ptr<StoreLock> lock_;
  std::unique_ptr<RocksDatabase> database_;  // changed by reopen() and close() alone
  std::unique_ptr<WitnessKeeper> witness_;   // of the database, as the next two
  std::optional<RocksHistory> history_;
  std::optional<Rows> rows_;

  // The leader's alone.
  std::unique_ptr<Group> group_ = std::make_unique<Group>();

  mutable Mutex mutex_;
  // The last one gathers what is appended. Empty only after a failure.
  std::deque<std::unique_ptr<Group>> queue_ PHAROX_GUARDED_BY(mutex_);
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
  // Nobody said that more follow, or it was said that no more do.
  bool hurries_ PHAROX_GUARDED_BY(mutex_) = false;
  CondVar committer_wakes_;
  std::thread committer_;
};

}  // namespace pharox::storage
