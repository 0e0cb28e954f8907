// The ordered journal of record changes.
//
// The engine applies an operation to its state, appends the operation's changes while it still
// holds its lock (so journal order is state order), then waits outside the lock. What a journal
// recovers is always a prefix of the appended order that contains everything acknowledged by
// wait().
//
// Thread safety: append() and tell() are called by one thread at a time (the engine's lock sees to
// it); everything else by any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "format/stored_lease.h"
#include "pharox/durability.h"
#include "pharox/health.h"
#include "pharox/uuid.h"
#include "storage/change.h"

namespace pharox::storage {

// Visits a row; returns whether to go on.
template <class Row>
using Visitor = std::function<bool(const Row&)>;

// Told what became of a place in the order: see Journal::tell().
class CommitObserver {
 public:
  // `failure`: why it never becomes durable, or null: it is. Must not block for long, because
  // everybody who waits for the journal waits for it.
  virtual void settled(const std::string* failure) noexcept = 0;

 protected:
  ~CommitObserver() = default;
};

class Journal {
 public:
  // A place in the order: the changes appended by one call, and all before them.
  using Ticket = std::uint64_t;

  virtual ~Journal() = default;

  // Whether it keeps the rows of all records. If not, it has a use only for those changes whose
  // records it gives back below.
  virtual bool keeps_rows() const { return true; }

  // Appends the changes of one operation, leaving the list empty. Does no I/O. `now` is wall
  // time, for the age of the history. Throws StorageError, having appended nothing, once a commit
  // has failed.
  virtual Ticket append(ChangeList&& changes, Timestamp now) = 0;

  // The ticket of the last append.
  virtual Ticket last() const = 0;

  // Returns when everything up to `ticket` is as durable as the journal promises. Throws
  // StorageError when a commit that it needed failed: the outcome is then unknown.
  virtual void wait(Ticket ticket) = 0;

  // The same without a thread that waits: `observer` is told once, by a thread of the journal that
  // holds no lock of it, in the order of the tickets. Returns false, and tells nobody, when
  // everything up to `ticket` is durable already. Called as append() is, with tickets that never
  // fall. `more_follow`: others will be told of more in a moment, so that it is worth waiting for
  // them, as long as hurry() is not called and not for long.
  virtual bool tell(Ticket ticket, CommitObserver& observer, bool more_follow) = 0;
  virtual void hurry() {}

  // Rows that no decision needs and that are not held in memory by the engine. They show every
  // change appended before the call.
  virtual std::optional<format::StoredLease> find_ended_lease(const Uuid& id) = 0;
  // In id order, from the first id greater than `after`.
  virtual void visit_ended_leases(const Uuid& after, const Visitor<format::StoredLease>& visit) = 0;
  virtual std::optional<HealthCheckResult> find_health(const Uuid& proxy_id) = 0;
};

}  // namespace pharox::storage
