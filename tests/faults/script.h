// A script of mixed operations on one store: the same ones in every run, so that a run which a
// fault cuts short can be compared with one that nothing disturbed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "pharox/pharox.h"
#include "storage/persistent_journal.h"

namespace pharox::tests {

class Script {
 public:
  static constexpr std::uint64_t kSteps = 260;

  Script(std::filesystem::path folder, Durability durability, rocksdb::Env* env);

  // Does step number `step`, from 1: one change, or the opening or closing of the store. A refusal
  // by the contract is a result like any other. Throws StorageError: the step is then pending.
  void step(std::uint64_t step);
  // Whether a step puts everything on the disk, in every durability.
  static bool is_closing(std::uint64_t step);

  // After a failure: opens the store in the same process, by reopen() where it is open.
  void recover();
  // Lets go of the store without a word.
  void abandon() { storage_.reset(); }

  bool is_open() const { return storage_ != nullptr; }
  LeaseStorage& storage() { return *storage_; }
  RocksDbStorage& opened() { return *storage_; }
  // A lease that is made and ended again, for its token.
  std::uint64_t new_token();
  std::uint64_t highest_token() const { return highest_token_; }

 private:
  void open();
  void change(std::uint64_t step);
  void set_up(std::uint64_t step);
  void keep(const std::optional<Lease>& lease);
  std::optional<Lease> take_one();
  Proxy random_proxy();
  std::string random_pool();

  const std::filesystem::path folder_;
  const Durability durability_;
  rocksdb::Env* const env_;
  VirtualClock clock_;
  std::mt19937_64 random_;  // seeded anew for each step: what a step does depends on nothing before
  std::uint64_t openings_ = 0;
  std::unique_ptr<RocksDbStorage> storage_;
  std::vector<Lease> held_;
  std::uint64_t highest_token_ = 0;
};

}  // namespace pharox::tests
