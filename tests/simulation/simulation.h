// A session of the model over a machine that crashes.
//
// Between the session's random operations and clock settings, at random:
//   - the process is killed or the power fails: what comes back is a random prefix of the order
//   that
//     contains everything that must have been kept, and the storage over it must be equal to what
//     the model was at that place;
//   - callers wait for commits that are still under way when that happens, or have started a call
//     and are told of it by nobody before its commit is done;
//   - a commit fails: its outcome is unknown, writes are refused, reads go on, and after opening
//     anew the change is wholly there or wholly absent;
//   - an opening is itself cut short by a crash;
//   - another caller is told that things are already as it wants them, while the commit that makes
//     them so is under way.
//
// After every operation: whoever was answered was waited for. Tokens rise over all of it, except
// that a token nobody was told may be handed out again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fixtures/answers.h"
#include "tests/model/session.h"
#include "tests/simulation/simulated_journal.h"

namespace pharox::tests {

class Simulation final : public Session {
 public:
  struct Counts {
    std::uint64_t kills = 0;
    std::uint64_t power_losses = 0;
    std::uint64_t closes = 0;
    std::uint64_t cut_openings = 0;
    std::uint64_t failed_commits = 0;
    std::uint64_t lost_operations = 0;  // never one that had to be kept
    std::uint64_t clock_jumps = 0;
    std::uint64_t started_calls = 0;
  };

  // All three must outlive this.
  Simulation(std::uint64_t seed, std::uint64_t proxies, SimulatedDisk& disk, Commits& commits,
             Counts& counts);

  ~Simulation() override;

  void step();

 private:
  using Ticket = storage::Journal::Ticket;

  void reopen() override;
  void set_wall_clock() override;

  void hold_commits();
  void start_call();
  void answer_all();
  void another_caller();
  void fail_commit();
  // Whether its commit failed; not when there was nothing to commit.
  bool call_that_changes();
  void require_refusals();
  void crash(bool power_fails);
  void close();
  void come_back();
  void cut_opening();
  void remember();
  void resume_order();

  struct Started {
    StartedCall* call;
    Ticket ticket;
    std::optional<Lease> expected;
  };
  void compare_started();
  void kill();

  SimulatedDisk& disk_;
  Commits& commits_;
  Counts& counts_;
  std::uint64_t held_steps_ = 0;       // for which commits stay pending
  std::map<Ticket, Model> moments_{};  // what the model was at each place that may come back
  std::uint64_t last_told_token_ = 0;
  Answers answers_{};
  std::vector<Started> started_{};  // not answered yet
};

}  // namespace pharox::tests
