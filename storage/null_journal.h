// The journal that persists nothing: it makes an in-memory store of the engine, and is the upper
// bound that the benchmarks measure the disk against.
#pragma once

#include "storage/ended_leases.h"
#include "storage/health_table.h"
#include "storage/journal.h"
#include "storage/mutex.h"

namespace pharox::storage {

// Keeps only what the engine reads back: the bounded history, and the last health results.
class NullJournal final : public Journal {
 public:
  explicit NullJournal(const HistoryLimits& history) : limits_(history) {}

  bool keeps_rows() const override { return false; }
  Ticket append(ChangeList&& changes, Timestamp now) override;
  Ticket last() const override { return 0; }
  void wait(Ticket) override {}
  bool tell(Ticket, CommitObserver&, bool) override { return false; }

  std::optional<format::StoredLease> find_ended_lease(const Uuid& id) override;
  void visit_ended_leases(const Uuid& after, const Visitor<format::StoredLease>& visit) override;
  std::optional<HealthCheckResult> find_health(const Uuid& proxy_id) override;

 private:
  void keep(format::StoredLease&& lease) PHAROX_REQUIRES(mutex_);
  void forget_aged(Timestamp now, std::size_t at_most) PHAROX_REQUIRES(mutex_);

  const HistoryLimits limits_;

  Mutex mutex_;
  EndedLeases ended_ PHAROX_GUARDED_BY(mutex_);
  HealthTable health_ PHAROX_GUARDED_BY(mutex_);
};

}  // namespace pharox::storage
