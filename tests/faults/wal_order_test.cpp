// With Durability::process a power loss may take the end of a WAL and leave the beginning of the
// next one. What is recovered must have no hole.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>

#include "tests/faults/fault_file_system.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

std::size_t count_wals(const std::filesystem::path& folder) {
  std::size_t wals = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "db")) {
    wals += entry.path().extension() == ".log" && entry.file_size() > 0;
  }
  return wals;
}

struct Wals {
  std::uint64_t written = 0;  // operations
  std::size_t count = 0;
  bool made_ahead = false;  // one of them was "next-log" before
};

std::optional<ino_t> file_number(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status.st_ino;
}

// Whether one of them is this file, and something is in it. They may go meanwhile.
bool has_wal(const std::filesystem::path& folder, std::optional<ino_t> number) {
  for (const auto& entry : std::filesystem::directory_iterator(folder / "db")) {
    std::error_code gone;
    if (number && entry.path().extension() == ".log" && number == file_number(entry.path()) &&
        entry.file_size(gone) > 0 && !gone) {
      return true;
    }
  }
  return false;
}

Wals write_into_two_wals(FaultDisk& disk, const std::filesystem::path& folder,
                         std::size_t wal_bytes) {
  const auto environment = environment_of(disk);
  const auto journal =
      open_journal(folder, {.durability = Durability::process,
                            .history = {},
                            .seams = {.env = environment.get(), .wal_bytes = wal_bytes}});
  disk.hold_syncs();  // else the flush of the full WAL makes it durable soon
  Wals wals;
  std::optional<ino_t> next;
  for (std::uint64_t beyond = 0; wals.written < 10'000 && beyond<20; beyond += wals.count> 1) {
    journal->wait(journal->append(changes(PutLease{active_lease(++wals.written)}), kStart));
    wals.count = count_wals(folder);
    if (const auto number = file_number(folder / "db" / "next-log")) next = number;
  }
  disk.cut_power();
  wals.made_ahead = has_wal(folder, next);
  return wals;
}

void expect_no_hole_after_power_loss(std::uint64_t seed, std::size_t wal_bytes, int& made_ahead) {
  const TempFolder temp(memory_folder());
  const std::filesystem::path folder = temp.path() / "store";
  std::filesystem::create_directories(folder / "db");
  FaultDisk disk(folder, seed);
  const Wals wals = write_into_two_wals(disk, folder, wal_bytes);
  ASSERT_GE(wals.count, 2u);
  made_ahead += wals.made_ahead;
  disk.power_loss();
  const auto environment = environment_of(disk);
  const auto journal = open_journal(folder, {.history = {}, .seams = {.env = environment.get()}});
  const Recovered recovered(journal->rows());
  const std::uint64_t last = recovered.leases.empty() ? 0 : recovered.leases.back().lease.token;
  EXPECT_LE(last, wals.written);
  EXPECT_EQ(recovered.leases.size(), last) << "a hole, with seed " << seed;
}

TEST(WalOrder, PowerLossLeavesNoHoleBetweenWals) {
  int made_ahead = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    expect_no_hole_after_power_loss(seed, std::size_t{16} << 10, made_ahead);
  }
  EXPECT_EQ(made_ahead, 0);
}

TEST(WalOrder, PowerLossLeavesNoHoleBeforeAWalThatWasMadeAhead) {
  int made_ahead = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    expect_no_hole_after_power_loss(seed, std::size_t{128} << 10, made_ahead);
  }
  EXPECT_GE(made_ahead, 1);
}

// What is in a log that was made ahead is kept: the folder, too, was synced since it got its name.
TEST(WalOrder, PowerLossTakesNothingSyncedFromAWalThatWasMadeAhead) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const TempFolder temp(memory_folder());
    const std::filesystem::path folder = temp.path() / "store";
    std::filesystem::create_directories(folder / "db");
    FaultDisk disk(folder, seed);
    std::uint64_t written = 0;
    {
      const auto environment = environment_of(disk);
      const auto journal = open_journal(
          folder, {.durability = Durability::sync,
                   .history = {},
                   .seams = {.env = environment.get(), .wal_bytes = std::size_t{128} << 10}});
      std::optional<ino_t> next;
      for (std::uint64_t in_it = 0; written < 5'000 && in_it < seed;
           in_it += has_wal(folder, next)) {
        journal->wait(journal->append(changes(PutLease{active_lease(++written)}), kStart));
        if (const auto number = file_number(folder / "db" / "next-log")) next = number;
      }
      EXPECT_TRUE(has_wal(folder, next)) << "with seed " << seed;
      disk.cut_power();
    }
    disk.power_loss();
    const auto environment = environment_of(disk);
    const auto journal = open_journal(folder, {.history = {}, .seams = {.env = environment.get()}});
    EXPECT_EQ(Recovered(journal->rows()).leases.size(), written) << "with seed " << seed;
  }
}

}  // namespace
}  // namespace pharox::tests
