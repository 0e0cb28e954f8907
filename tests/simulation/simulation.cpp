#include "tests/simulation/simulation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <typeinfo>

#include "tests/model/comparison.h"

namespace pharox::tests {
namespace {

using Commit = Commits::Outcome;

Session::Opener opener(std::uint64_t seed, SimulatedDisk& disk, Commits& commits) {
  return [&disk, &commits, seed](const Clock& clock) mutable {
    return std::make_unique<SimulatedStorage>(disk, commits, clock, ++seed);
  };
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, std::uint64_t proxies, SimulatedDisk& disk,
                       Commits& commits, Counts& counts)
    : Session(seed, proxies, opener(seed, disk, commits), true),
      disk_(disk),
      commits_(commits),
      counts_(counts) {
  disk_.sync();
}

Simulation::~Simulation() { kill(); }

void Simulation::step() {
  if (held_steps_ > 0 && --held_steps_ == 0) answer_all();
  if (random_.one_in(40) && held_steps_ == 0) {
    hold_commits();
  } else if (random_.one_in(60)) {
    reopen();
  } else if (random_.one_in(60)) {
    set_wall_clock();
  } else if (random_.one_in(100)) {
    fail_commit();
  } else if (random_.one_in(15)) {
    start_call();
  } else if (random_.one_in(25) && held_steps_ == 0) {
    disk_.sync();  // as the system does by itself after a while
    commits_.waited_for = disk_.last();
  } else {
    if (random_.one_in(12)) commits_.meanwhile = [this] { another_caller(); };
    Session::step();
    commits_.meanwhile = {};
  }
  compare_started();
  expect(commits_.waited_for >= commits_.to_wait_for, "a caller was answered before the commit");
  remember();
}

// -- Commits ------------------------------------------------------------------------------------

void Simulation::hold_commits() {
  operation_ = "commits take longer";
  moments_.insert_or_assign(disk_.last(), model_);
  commits_.next = Commit::pending;
  held_steps_ = 1 + random_.below(12);
}

void Simulation::answer_all() {
  commits_.next = Commit::durable;
  for (const Started& each : started_) {
    commits_.waited_for = std::max(commits_.waited_for, each.ticket);
  }
  disk_.commit(commits_.waited_for);
  commits_.tell_observers(commits_.waited_for);
}

// A caller that does not wait for its commit, but is told.
void Simulation::start_call() {
  ++counts_.started_calls;
  Lease lease;
  lease.id = random_lease();
  StartedCall& call = answers_.call();
  std::optional<Lease> expected;
  const Ticket told_so_far = commits_.to_wait_for;
  if (random_.one_in(2)) {
    operation_ = "start to release " + lease.id.to_string();
    expected = model_.end_lease(lease.id, EndReason::consumer);
    storage_->native()->start_release(lease, call);
  } else {
    const Duration duration = random_.span();
    operation_ = "start to renew " + lease.id.to_string();
    expected = model_.renew(lease.id, duration);
    storage_->native()->start_renew(lease, duration, call);
  }
  started_.push_back({&call, disk_.last(), expected});
  commits_.to_wait_for = told_so_far;  // of this one nobody is told yet
}

// Whoever is told is told the right thing, and not before its commit is done.
void Simulation::compare_started() {
  for (StartedCall* call : answers_.take()) {
    const auto each = std::ranges::find(started_, call, &Started::call);
    expect(each != started_.end(), "a caller was told twice");
    if (call->error) std::rethrow_exception(call->error);
    expect_equal("told", call->result.lease, each->expected);
    expect(commits_.waited_for >= each->ticket || !each->expected,
           "a caller was told before its commit");
    started_.erase(each);
  }
}

// Nothing has to be changed for it, but it must not be told so before that is durable.
void Simulation::another_caller() {
  if (model_.find_consumer("default") == nullptr) return;
  if (random_.one_in(2)) {
    storage_->ensure_consumer("default");
  } else {
    Lease nobodys;
    nobodys.id = id_of(404);
    expect(!storage_->release_lease(nobodys), "an unknown lease was released");
  }
  expect(commits_.waited_for == disk_.last(), "another caller was answered before the commit");
}

// Everything that may come back must be remembered as it was.
void Simulation::remember() {
  if (held_steps_ == 0) last_told_token_ = last_token_;
  moments_.erase(moments_.begin(), moments_.lower_bound(disk_.synced()));
  if (disk_.synced() == disk_.last() && disk_.durability() == Durability::sync) {
    moments_.clear();
  } else {
    moments_.insert_or_assign(disk_.last(), model_);
  }
}

// -- Failed commits -----------------------------------------------------------------------------

void Simulation::fail_commit() {
  if (held_steps_ > 0) {
    held_steps_ = 0;
    answer_all();
  }
  moments_.insert_or_assign(disk_.last(), model_);
  commits_.next = Commit::failed;
  const bool failed = call_that_changes();
  commits_.next = Commit::durable;
  if (!failed) return;  // it found nothing to change
  ++counts_.failed_commits;
  moments_.insert_or_assign(disk_.last(), model_);
  require_refusals();
  compare_everything();  // reads go on, and show what the failed call has done in memory
  crash(false);
  come_back();
}

bool Simulation::call_that_changes() {
  const std::string kFailed = typeid(StorageError).name();
  const auto both = [&](const char* name, auto on_storage, auto on_model) {
    operation_ = std::string(name) + ", whose commit fails";
    const Ticket before = disk_.last();
    const auto got = outcome_of(on_storage);
    const auto expected = outcome_of(on_model);
    const bool appended = disk_.last() != before;
    const bool failed = got.error == kFailed;
    expect(failed || !appended, "a caller was answered although the commit failed");
    if (!failed) expect_equal("refused", !got.error.empty(), !expected.error.empty());
    return failed;
  };
  Lease lease;
  lease.id = random_lease();
  const Uuid proxy_id = random_.proxy_id();
  switch (random_.below(6)) {
    case 0:
      return both(
          "release_lease", [&] { return storage_->release_lease(lease); },
          [&] { return model_.end_lease(lease.id, EndReason::consumer).has_value(); });
    case 1: {
      const Duration duration = random_.span();
      return both(
          "renew_lease", [&] { return storage_->renew_lease(lease, duration); },
          [&] { return model_.renew(lease.id, duration); });
    }
    case 2: {
      const HealthCheckResult result = random_.health();
      return both(
          "apply_health_check_result", [&] { return storage_->apply_health_check_result(result); },
          [&] { return model_.apply_health(result); });
    }
    case 3: {
      const std::vector<Proxy> proxies{random_.proxy(), random_.proxy(), random_.proxy()};
      return both(
          "add_proxies_bulk", [&] { storage_->add_proxies_bulk(proxies); },
          [&] { model_.save_proxies(proxies); });
    }
    case 4:
      return both(
          "delete_proxy", [&] { storage_->delete_proxy(proxy_id); },
          [&] { model_.delete_proxy(proxy_id); });
    default: {
      operation_ = "create_lease, whose commit fails";
      const std::optional<Proxy> proxy = model_.find_proxy(proxy_id);
      if (!proxy || model_.consumers.empty()) return false;
      const Consumer consumer = model_.consumers.front();
      const Duration duration = random_.span();
      const auto got =
          outcome_of([&] { return storage_->create_lease(proxy_id, consumer.name, duration); });
      expect(!got.value, "a lease although the commit failed");
      follow_reclaiming();
      // What it would have been told can still be read.
      for (const Lease& each :
           storage_->list_leases(consumer.name, LeaseStatus::active, {.after = last_lease_id_})) {
        accept(each, model_.new_lease(*proxy, consumer.id, duration), duration);
      }
      return got.error == kFailed;
    }
  }
}

void Simulation::require_refusals() {
  const auto refused = [&](const char* what, auto call) {
    try {
      call();
    } catch (const StorageError& error) {
      const std::string message = error.what();
      expect(message.find("the simulated disk failed") != message.npos,
             std::string(what) + " does not name the cause: " + message);
      return;
    }
    throw Mismatch(std::string(what) + " was taken after a failed commit");
  };
  refused("acquire", [&] { storage_->acquire("alpha", "default", 1s); });
  refused("find_available_proxy", [&] { storage_->find_available_proxy("alpha"); });
  refused("ensure_consumer", [&] { storage_->ensure_consumer("default"); });
  refused("release_lease", [&] { storage_->release_lease(Lease{}); });
  refused("cleanup", [&] { storage_->cleanup_expired_leases(); });
  refused("save_pool", [&] { storage_->save_pool(random_.pools().front()); });
  refused("save_proxy", [&] { storage_->save_proxy(proxy_of(1, id_of(100))); });
}

// -- Ends and beginnings ------------------------------------------------------------------------

void Simulation::reopen() {
  switch (random_.below(3)) {
    case 0:
      crash(false);
      break;
    case 1:
      crash(true);
      break;
    default:
      close();
  }
  come_back();
}

// Nobody is told any more; only the engine has to know that the calls under way are over.
void Simulation::kill() {
  const std::string killed = "killed";
  commits_.tell_observers(0, &killed);
  storage_.reset();
  answers_.take();
  started_.clear();
}

void Simulation::crash(bool power_fails) {
  operation_ += power_fails ? "; the power fails" : "; the process is killed";
  kill();
  const Ticket appended = disk_.last();
  moments_.insert_or_assign(appended, model_);
  const Ticket kept = power_fails ? disk_.synced() : disk_.written();
  // A prefix that contains everything that must have been kept.
  auto moment = moments_.lower_bound(kept);
  for (auto skipped = random_.below(std::distance(moment, moments_.end())); skipped > 0;
       --skipped) {
    ++moment;
  }
  disk_.forget_after(moment->first);
  model_ = moment->second;
  moments_.erase(std::next(moment), moments_.end());
  operation_ += ", and " + std::to_string(appended - disk_.last()) + " operations are lost";
  counts_.lost_operations += appended - disk_.last();
  ++(power_fails ? counts_.power_losses : counts_.kills);
  if (power_fails) {
    const Duration off = random_.span();
    operation_ += "; it is off for " + std::to_string(off.count()) + " us";
    clock_.reboot(off);
  }
  resume_order();
}

void Simulation::close() {
  operation_ += "; closed";
  if (held_steps_ > 0) answer_all();
  compare_started();
  ++counts_.closes;
  static_cast<SimulatedStorage&>(*storage_).close();
  storage_.reset();
  moments_.clear();
  if (random_.one_in(3)) {
    operation_ += " and rebooted";
    clock_.reboot(random_.span());
  }
  resume_order();
}

// What a caller was told is never told again; what was lost before anybody was told of it may be.
void Simulation::resume_order() {
  last_token_ = last_told_token_;
  last_lease_id_ = Uuid{};
  for (const ModelLease& each : model_.leases) {
    last_token_ = std::max(last_token_, each.lease.token);
    last_lease_id_ = std::max(last_lease_id_, each.lease.id);
  }
  commits_.next = Commit::durable;
  commits_.meanwhile = {};
  commits_.waited_for = commits_.to_wait_for = disk_.last();
  held_steps_ = 0;
}

void Simulation::come_back() {
  while (random_.one_in(5)) cut_opening();
  if (random_.one_in(3)) set_wall_clock();
  open();
  model_.reopened();
  compare_everything();
  if (const auto finding = storage_->validate()) throw Mismatch("validate: " + *finding);
}

// The machine ends before the opening is done; what the opening had to write may be there or not.
void Simulation::cut_opening() {
  ++counts_.cut_openings;
  operation_ += "; an opening is cut short";
  const Ticket before = disk_.last();
  commits_.next = Commit::pending;
  open();
  storage_.reset();
  if (random_.one_in(2)) {
    disk_.forget_after(before);
  } else {
    operation_ += " after its last write";
    disk_.sync();
    model_.reopened();
    moments_.clear();
  }
  resume_order();
  if (random_.one_in(2)) set_wall_clock();
  if (random_.one_in(4)) clock_.reboot(random_.span());
}

// From a second to ten years, each magnitude as often as the others.
void Simulation::set_wall_clock() {
  ++counts_.clock_jumps;
  const auto jump = static_cast<std::int64_t>(std::pow(10.0, random_.real(6, 14.499)));
  const Duration offset{random_.one_in(2) ? jump : -jump};
  operation_ += "; the wall clock is set to start " + std::to_string(offset.count()) + " us";
  clock_.set_wall(kStart + offset);
}

}  // namespace pharox::tests
