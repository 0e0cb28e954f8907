#include "tests/simulation/simulated_journal.h"

#include <algorithm>
#include <utility>

#include "engine/storage_shell.h"
#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"

namespace pharox::tests {

using format::Table;

storage::Journal::Ticket SimulatedJournal::append(storage::ChangeList&& changes, Timestamp) {
  refuse_after_failure();
  const Ticket ticket = disk_.append(changes);
  const auto is_reclaimed = [](const storage::Change& change) {
    const auto* ended = std::get_if<storage::EndLease>(&change);
    return ended != nullptr && ended->lease.lease.end_reason == EndReason::expired;
  };
  if (!std::ranges::all_of(changes, is_reclaimed)) commits_.to_wait_for = ticket;
  changes.clear();
  return ticket;
}

void SimulatedJournal::wait(Ticket ticket) {
  refuse_after_failure();
  if (commits_.meanwhile) std::exchange(commits_.meanwhile, {})();
  commits_.waited_for = std::max(commits_.waited_for, ticket);
  if (commits_.next == Commits::Outcome::failed) {
    failed_ = true;
    refuse_after_failure();
  }
  if (commits_.next == Commits::Outcome::durable) disk_.commit(ticket);
}

bool SimulatedJournal::tell(Ticket ticket, storage::CommitObserver& observer, bool) {
  if (commits_.next == Commits::Outcome::durable) {
    commits_.waited_for = std::max(commits_.waited_for, ticket);
    disk_.commit(ticket);
    return false;
  }
  commits_.observed.push_back({ticket, &observer});
  return true;
}

void Commits::tell_observers(storage::Journal::Ticket durable, const std::string* failure) {
  std::vector<Observed> left;
  for (const Observed& each : std::exchange(observed, {})) {
    if (each.ticket <= durable) {
      each.observer->settled(nullptr);
    } else if (failure != nullptr) {
      each.observer->settled(failure);
    } else {
      left.push_back(each);
    }
  }
  observed = std::move(left);
}

void SimulatedJournal::refuse_after_failure() const {
  if (failed_) throw StorageError("the simulated disk failed");
}

std::optional<format::StoredLease> SimulatedJournal::find_ended_lease(const Uuid& id) {
  const auto& rows = disk_.rows(Table::leases);
  const auto found = rows.find(format::uuid_key(id));
  if (found == rows.end()) return std::nullopt;
  const format::LeaseRow row = format::decode_lease(found->first, found->second);
  return row.ended() ? std::optional(row.stored) : std::nullopt;
}

void SimulatedJournal::visit_ended_leases(const Uuid& after,
                                          const storage::Visitor<format::StoredLease>& visit) {
  const auto& rows = disk_.rows(Table::leases);
  for (auto each = rows.upper_bound(format::uuid_key(after)); each != rows.end(); ++each) {
    const format::LeaseRow row = format::decode_lease(each->first, each->second);
    if (row.ended() && !visit(row.stored)) return;
  }
}

std::optional<HealthCheckResult> SimulatedJournal::find_health(const Uuid& proxy_id) {
  const auto& rows = disk_.rows(Table::health);
  const auto row = rows.find(format::uuid_key(proxy_id));
  if (row == rows.end()) return std::nullopt;
  return format::decode_health(row->first, row->second);
}

SimulatedStorage::SimulatedStorage(SimulatedDisk& disk, Commits& commits, const Clock& clock,
                                   std::uint64_t id_seed)
    : LeaseStorage(std::make_unique<engine::StorageShell>(
          engine::StorageShell::Options{
              .clock = &clock, .background_reclaimer = false, .id_seed = id_seed},
          std::make_unique<SimulatedJournal>(disk, commits),
          [&](storage::Journal& journal, const engine::LeaseState::Options& options) {
            disk.sync();
            return engine::recover_state(disk, journal, options);
          })) {
  shell_->start();
}

void SimulatedStorage::close() {
  if (const auto journal = shell_->stop()) static_cast<SimulatedJournal&>(*journal).close();
}

}  // namespace pharox::tests
