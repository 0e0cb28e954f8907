// A fault at every I/O of a script of mixed operations.
//
// 1. The script runs undisturbed; what the store tells after each step is written down.
// 2. It runs again for each number N, with a fault at the N-th I/O, until a step fails. RocksDB's
//    own threads do I/O too, so the N-th one is not quite the same in every run: what is expected
//    follows from the steps that were acknowledged, not from N.
// 3. Reads go on, writes are refused. The store is opened again: in the same object after an error,
//    from what is left of the disk after a power loss. It must tell what it told after the last
//    step that was acknowledged, or after the one that failed; with Durability::process a power
//    loss may take it back to any step since the last close.
// 4. The script goes on for a while, then the power goes, and what is left must again be as it was.
//
// PHAROX_FAULTS says how many numbers N are tried of each combination, "all" all of them; with
// PHAROX_FAULT_AT, how often that one N is: the one after "at" in what a failure says.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>

#include "tests/faults/contents.h"
#include "tests/faults/fault_file_system.h"
#include "tests/faults/script.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultFaults = 6;
constexpr std::uint64_t kStepsAfterwards = 30;
constexpr std::uint64_t kReadsOfAnOpening = 160;  // at most, about

struct Combination {
  const char* name;
  Fault fault;
  bool sticky;
  bool by_bytes = false;   // not at the N-th I/O, but when so much has been written
  bool then_flip = false;  // and the opening that follows misreads

  friend void PrintTo(const Combination& combination, std::ostream* out) {
    *out << combination.name;
  }
};

constexpr Combination kCombinations[] = {
    {"Error", Fault::error, false},
    {"ErrorsFromThereOn", Fault::error, true},
    {"ShortWrite", Fault::short_write, false},
    {"ShortWritesFromThereOn", Fault::short_write, true},
    {"FullOnce", Fault::full, false},
    {"FullFromThereOn", Fault::full, true},
    {"FullAtNBytes", Fault::full, true, true},
    {"Flip", Fault::flip, false},
    {"Power", Fault::power, true},
    {"PowerThenFlip", Fault::power, true, false, true},
};

// What an undisturbed run told.
struct Reference {
  std::vector<Contents> after;  // each step; [0]: before the first
  std::vector<std::uint64_t> highest_token;
  std::uint64_t ios = 0;
  std::uint64_t reads = 0;
  std::uint64_t bytes = 0;
};

class Machine {
 public:
  Machine(Durability durability, std::uint64_t seed)
      : durability_(durability),
        disk_(folder_.path() / "disk", seed),
        environment_(environment_of(disk_)),
        script_(folder_.path() / "disk", durability, environment_.get()) {
    std::filesystem::create_directories(folder_.path() / "disk" / "db");
  }
  ~Machine() { script_.abandon(); }

  Reference undisturbed() {
    Reference reference;
    reference.after.emplace_back();
    reference.highest_token.push_back(0);
    for (std::uint64_t step = 1; step <= Script::kSteps; ++step) {
      script_.step(step);
      reference.after.push_back(script_.is_open() ? contents_of(script_.storage())
                                                  : reference.after.back());
      reference.highest_token.push_back(script_.highest_token());
    }
    script_.abandon();
    reference.ios = disk_.ios();
    reference.reads = disk_.reads();
    reference.bytes = disk_.bytes();
    return reference;
  }

  // One run with a fault. Throws a runtime_error that says what does not hold.
  void run(const Combination& combination, std::uint64_t at, const Reference& reference) {
    if (combination.by_bytes) {
      disk_.limit_space(at);
    } else {
      disk_.plan({combination.fault, at, combination.sticky});
    }
    const std::uint64_t failed = run_until_failure();
    const bool power_loss = combination.fault == Fault::power;
    if (failed > Script::kSteps && !power_loss) {
      disk_.heal();
      require_one_of(contents_of(script_.storage()), reference.after, Script::kSteps,
                     Script::kSteps, "though no step has failed");
      script_.abandon();  // what struck behind the last step shows once it is opened again
    } else if (power_loss) {
      script_.abandon();
      disk_.power_loss();
      if (combination.then_flip) misread_an_opening(at);
      script_.recover();
    } else {
      combination.fault == Fault::flip ? check_misread(failed, reference) : check_refusal(failed);
      if (combination.sticky) try_to_recover();
      disk_.heal();
      script_.recover();
    }
    if (!script_.is_open()) script_.recover();
    // What is required: the last one acknowledged; after a power loss, the last one closed.
    std::uint64_t oldest = failed - 1;
    if (power_loss && durability_ == Durability::process) {
      while (oldest > 0 && !Script::is_closing(oldest)) --oldest;
    }
    phase_ = "opened again";
    const std::uint64_t newest = std::min(failed, Script::kSteps);
    const Contents found = contents_of(script_.storage());
    require_one_of(found, reference.after, oldest, newest, "after opening again");
    recovered_pending_ += found == reference.after[newest] && newest == failed &&
                          reference.after[newest] != reference.after[failed - 1];
    require_valid();
    require_token_above(reference.highest_token[failed - 1]);
    go_on(failed + 1);
  }

  bool has_struck() const { return disk_.has_struck(); }
  std::uint64_t recovered_pending() const { return recovered_pending_; }
  const std::string& cause() const { return cause_; }
  const char* phase() const { return phase_; }
  // What the fault struck, and when.
  std::string struck() const {
    if (!disk_.has_struck()) return "nothing";
    return disk_.struck_file() + " in step " + std::to_string(struck_in_);
  }

 private:
  [[noreturn]] static void fail(const std::string& what) { throw std::runtime_error(what); }

  static bool names_the_fault(const std::string& message) {
    return message.find("injected") != std::string::npos;
  }

  // RocksDB takes it for damage, and so do we, unless two readings differ.
  static bool names_a_misread(const std::string& message) {
    return message.find("damaged") != std::string::npos ||
           message.find("misread") != std::string::npos;
  }

  // The number of the step that failed, or one more than there are.
  std::uint64_t run_until_failure() {
    for (std::uint64_t step = 1; step <= Script::kSteps; ++step) {
      try {
        script_.step(step);
      } catch (const StorageError& error) {
        cause_ = error.what();
        return step;
      }
      const std::lock_guard lock(disk_.mutex());
      if (!disk_.has_struck()) struck_in_ = step + 1;
    }
    return Script::kSteps + 1;
  }

  void check_refusal(std::uint64_t failed) {
    const bool named = names_the_fault(cause_);
    if (!script_.is_open()) {  // an opening or a closing has failed
      // What RocksDB makes of the first file that it cannot open once and then can.
      const bool guessed = cause_.find("Direct I/O is not supported") != std::string::npos;
      if (!named && !guessed) fail("the cause is not named: " + cause_);
      return;
    }
    if (!named) fail("the cause is not named: " + cause_);
    contents_in_memory(script_.storage());
    std::string refusal = "no refusal";
    try {
      script_.storage().save_pool({Uuid{}, "refused", {}});
    } catch (const StorageError& error) {
      refusal = error.what();
    }
    if (!names_the_fault(refusal)) {
      fail("after step " + std::to_string(failed) + " writing is not refused: " + refusal);
    }
  }

  // A misread is named. It may have failed a commit, as any other fault; or no more than a read of
  // one step: then the store goes on, and has done the step or not.
  void check_misread(std::uint64_t failed, const Reference& reference) {
    if (!names_a_misread(cause_)) fail("the cause is not named: " + cause_);
    if (!script_.is_open()) return;
    contents_in_memory(script_.storage());
    try {
      require_one_of(contents_of(script_.storage()), reference.after, failed - 1, failed,
                     "after the refusal");
    } catch (const StorageError& error) {
      if (!names_a_misread(error.what())) throw;
    }
  }

  void misread_an_opening(std::uint64_t at) {
    disk_.plan({Fault::flip, disk_.reads() + 1 + at % kReadsOfAnOpening, false});
    try {
      script_.recover();
    } catch (const StorageError& error) {
      if (!names_a_misread(error.what())) throw;
    }
    disk_.heal();
    script_.abandon();
  }

  // While the disk still fails: may or may not succeed, but reads go on.
  void try_to_recover() {
    try {
      script_.recover();
    } catch (const StorageError& error) {
      if (!names_the_fault(error.what())) throw;
    }
    if (script_.is_open()) contents_in_memory(script_.storage());
  }

  static void require_one_of(const Contents& found, const std::vector<Contents>& known,
                             std::uint64_t oldest, std::uint64_t newest, const char* when) {
    for (std::uint64_t step = oldest; step <= newest; ++step) {
      if (found == known[step]) return;
    }
    // Which steps each part of it agrees with: a hole shows as parts of different age.
    std::string parts;
    const auto compare = [&](const char* part, auto member) {
      parts += std::string("\n  ") + part + " as after";
      for (std::uint64_t step = oldest; step <= newest; ++step) {
        if (found.*member == known[step].*member) parts += " " + std::to_string(step);
      }
    };
    compare("pools", &Contents::pools);
    compare("consumers", &Contents::consumers);
    compare("proxies", &Contents::proxies);
    compare("leases", &Contents::leases);
    compare("health", &Contents::health);
    compare("cursors", &Contents::next_in_turn);
    fail(std::string(when) + " the store is not as it was after any of steps " +
         std::to_string(oldest) + " to " + std::to_string(newest) + parts +
         "\nagainst the last:" + difference(found, known[newest]) +
         (oldest == newest ? "" : "\nagainst the first:" + difference(found, known[oldest])));
  }

  void require_valid() {
    if (const auto violated = script_.storage().validate()) fail("invalid: " + *violated);
  }

  void require_token_above(std::uint64_t seen) {
    highest_token_ = std::max({highest_token_, seen, script_.highest_token()});
    const std::uint64_t token = script_.new_token();
    if (token <= highest_token_) {
      fail("token " + std::to_string(token) + " after " + std::to_string(highest_token_));
    }
    highest_token_ = token;
  }

  void go_on(std::uint64_t step) {
    if (durability_ == Durability::process) {  // so that the power loss cannot reach further back
      script_.opened().close();
      script_.abandon();
      script_.recover();
    }
    phase_ = "going on";
    std::vector<Contents> seen{contents_of(script_.storage())};
    std::uint64_t oldest = 0;
    const std::uint64_t end = std::min(step + kStepsAfterwards, Script::kSteps + 1);
    // A step that was to open the store has been done by recovering.
    if (step <= Script::kSteps && Script::is_closing(step - 1)) ++step;
    for (; step < end; ++step) {
      script_.step(step);
      seen.push_back(script_.is_open() ? contents_of(script_.storage()) : seen.back());
      if (Script::is_closing(step)) oldest = seen.size() - 1;
    }
    if (durability_ == Durability::sync) oldest = seen.size() - 1;
    phase_ = "losing power in the end";
    disk_.cut_power();
    script_.abandon();
    disk_.power_loss();
    script_.recover();
    require_one_of(contents_of(script_.storage()), seen, oldest, seen.size() - 1,
                   "after the power loss in the end");
    require_valid();
    require_token_above(0);
  }

  const Durability durability_;
  TempFolder folder_{memory_folder()};
  FaultDisk disk_;
  const std::unique_ptr<rocksdb::Env> environment_;
  Script script_;
  std::string cause_;
  const char* phase_ = "the fault";
  std::uint64_t struck_in_ = 1;  // about: a thread may have been struck between two steps
  std::uint64_t highest_token_ = 0;
  std::uint64_t recovered_pending_ = 0;
};

class Faults : public testing::TestWithParam<std::tuple<Durability, Combination>> {};

INSTANTIATE_TEST_SUITE_P(EveryIo, Faults,
                         testing::Combine(testing::Values(Durability::sync, Durability::process),
                                          testing::ValuesIn(kCombinations)),
                         [](const auto& tested) {
                           return std::string(std::get<0>(tested.param) == Durability::sync
                                                  ? "Sync"
                                                  : "Process") +
                                  std::get<1>(tested.param).name;
                         });

// Behind the last of them nothing is struck.
std::uint64_t numbers_of(const Combination& combination, const Reference& reference) {
  if (combination.by_bytes) return reference.bytes / 100;
  return combination.fault == Fault::flip ? reference.reads : reference.ios;
}

// The numbers that are tried, of so many.
std::vector<std::uint64_t> tried_of(std::uint64_t numbers, std::uint64_t seed) {
  const char* text = std::getenv("PHAROX_FAULTS");
  const bool all = text != nullptr && std::string(text) == "all";
  const std::uint64_t wanted =
      all ? numbers : number_from_environment("PHAROX_FAULTS", kDefaultFaults);
  if (const auto only = number_from_environment("PHAROX_FAULT_AT", 0)) {
    return std::vector<std::uint64_t>(wanted, only);
  }
  std::vector<std::uint64_t> tried(std::min(numbers, wanted));
  for (std::uint64_t i = 0; i < tried.size(); ++i) {
    // Strided, beginning anywhere within the stride.
    tried[i] = 1 + (i * numbers + seed % numbers) / tried.size() % numbers;
  }
  return tried;
}

TEST_P(Faults, LeaveTheStoreWhole) {
  const auto& [durability, combination] = GetParam();
  const std::uint64_t seed = announced_seed();
  const Reference reference = Machine(durability, seed).undisturbed();
  const std::uint64_t numbers = numbers_of(combination, reference);
  const std::vector<std::uint64_t> tried = tried_of(numbers, seed);
  std::uint64_t struck = 0, failed = 0, pending_kept = 0;
  for (const std::uint64_t number : tried) {
    Machine machine(durability, seed + number);
    try {
      machine.run(combination, combination.by_bytes ? number * 100 : number, reference);
    } catch (const std::exception& error) {
      FAIL() << "PHAROX_SEED=" << seed << ", at " << number << ", " << machine.phase() << ": "
             << error.what() << "\nthe fault: " << machine.cause() << "\nit struck "
             << machine.struck();
    }
    struck += machine.has_struck();
    failed += !machine.cause().empty();
    pending_kept += machine.recovered_pending();
  }
  std::cout << tried.size() << " of " << numbers << " faults: " << struck << " struck, " << failed
            << " failed a step, of which " << pending_kept << " were there after opening again"
            << std::endl;
  // One alone may lie behind the last I/O of its run.
  if (tried.size() > 2) {
    EXPECT_GT(struck, 0u);
  }
}

}  // namespace
}  // namespace pharox::tests
