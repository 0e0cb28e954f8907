// A journal over a simulated disk, whose commits go as the simulation wants them to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pharox/lease_storage.h"
#include "storage/journal.h"
#include "tests/simulation/simulated_disk.h"

namespace pharox::tests {

// How commits go, and what was waited for. Outlives the journals.
struct Commits {
  enum class Outcome { durable, failed, pending };

  // pending: the callers go on as if they had been answered, but the commit is still under way. To
  // the engine that is the same as callers that wait, each in a thread of its own.
  Outcome next = Outcome::durable;
  storage::Journal::Ticket waited_for = 0;
  // The last operation of which somebody is told. Nobody is told of leases that were reclaimed by a
  // call that then failed for a reason of its own.
  storage::Journal::Ticket to_wait_for = 0;
  // Runs while a caller waits: what other callers do meanwhile.
  std::function<void()> meanwhile{};

  // Callers that left an observer, until their commit is answered.
  struct Observed {
    storage::Journal::Ticket ticket;
    storage::CommitObserver* observer;
  };
  std::vector<Observed> observed{};
  // Tells those whose operations are at most `durable` that they are, and all others, if `failure`
  // is given, that they never will be.
  void tell_observers(storage::Journal::Ticket durable, const std::string* failure = nullptr);
};

class SimulatedJournal final : public storage::Journal {
 public:
  SimulatedJournal(SimulatedDisk& disk, Commits& commits) : disk_(disk), commits_(commits) {}

  Ticket append(storage::ChangeList&& changes, Timestamp now) override;
  Ticket last() const override { return disk_.last(); }
  void wait(Ticket ticket) override;
  bool tell(Ticket ticket, storage::CommitObserver& observer, bool more_follow) override;

  std::optional<format::StoredLease> find_ended_lease(const Uuid& id) override;
  void visit_ended_leases(const Uuid& after,
                          const storage::Visitor<format::StoredLease>& visit) override;
  std::optional<HealthCheckResult> find_health(const Uuid& proxy_id) override;

  void close() { disk_.sync(); }

 private:
  void refuse_after_failure() const;

  SimulatedDisk& disk_;
  Commits& commits_;
  bool failed_ = false;
};

// The engine over such a journal, opened as RocksDbStorage opens a store. Destroyed without close()
// it ends as a process does that is killed.
class SimulatedStorage final : public LeaseStorage {
 public:
  SimulatedStorage(SimulatedDisk& disk, Commits& commits, const Clock& clock,
                   std::uint64_t id_seed);
  void close();
};

}  // namespace pharox::tests
