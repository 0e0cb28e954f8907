#include "storage/null_journal.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace pharox::storage {
namespace {

// Forgotten by age in one append, beside four for each lease that it ends: the caller holds the
// engine's lock, so a history that ages all at once must not stall it.
constexpr std::size_t kAgedPerAppend = 256;

// Copied out under the lock at a time while visiting.
constexpr std::size_t kVisitChunk = 256;

}  // namespace

Journal::Ticket NullJournal::append(ChangeList&& changes, Timestamp now) {
  MutexLock lock(mutex_);
  std::size_t ended = 0;
  for (Change& change : changes) {
    if (auto* end = std::get_if<EndLease>(&change)) {
      keep(std::move(end->lease));
      ++ended;
    } else if (auto* put = std::get_if<PutHealth>(&change)) {
      health_.put(std::move(put->result));
    } else if (auto* erase = std::get_if<EraseProxy>(&change)) {
      health_.erase(erase->proxy_id);
    }
  }
  forget_aged(now, kAgedPerAppend + 4 * ended);
  changes.clear();
  return 0;
}

void NullJournal::keep(format::StoredLease&& lease) {
  assert(lease.lease.released_at);
  if (limits_.max_leases == 0) return;
  // Room is made first: the slot is then used again while it is in the cache.
  while (ended_.size() >= limits_.max_leases) ended_.drop_oldest();
  ended_.add(std::move(lease));
}

void NullJournal::forget_aged(Timestamp now, std::size_t at_most) {
  for (; at_most > 0 && !ended_.empty(); --at_most) {
    const Lease& oldest = ended_.oldest().lease;
    // A difference of two times cannot overflow; `now - max_age` could.
    if (now - *oldest.released_at <= limits_.max_age) return;
    ended_.drop_oldest();
  }
}

std::optional<format::StoredLease> NullJournal::find_ended_lease(const Uuid& id) {
  MutexLock lock(mutex_);
  const format::StoredLease* found = ended_.find(id);
  if (found == nullptr) return std::nullopt;
  return *found;
}

void NullJournal::visit_ended_leases(const Uuid& after, const Visitor<format::StoredLease>& visit) {
  std::vector<Uuid> ids;
  {
    MutexLock lock(mutex_);
    ended_.for_each([&](const format::StoredLease& stored) {
      if (stored.lease.id > after) ids.push_back(stored.lease.id);
    });
  }
  std::sort(ids.begin(), ids.end());

  // The visitor may be slow, or call the store: no lock is held while it runs.
  std::vector<format::StoredLease> chunk;
  for (std::size_t next = 0; next < ids.size();) {
    chunk.clear();
    {
      MutexLock lock(mutex_);
      for (; next < ids.size() && chunk.size() < kVisitChunk; ++next) {
        if (const auto* found = ended_.find(ids[next])) chunk.push_back(*found);
      }
    }
    for (const format::StoredLease& lease : chunk) {
      if (!visit(lease)) return;
    }
  }
}

std::optional<HealthCheckResult> NullJournal::find_health(const Uuid& proxy_id) {
  MutexLock lock(mutex_);
  const HealthCheckResult* found = health_.find(proxy_id);
  if (found == nullptr) return std::nullopt;
  return *found;
}

}  // namespace pharox::storage
