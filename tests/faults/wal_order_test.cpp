// With Durability::process a power loss may take the end of a WAL and leave the beginning of the
// next one. What is recovered must have no hole.
#include <gtest/gtest.h>

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

// Returns how many operations were written, in how many WALs.
std::pair<std::uint64_t, std::size_t> write_into_two_wals(FaultDisk& disk,
                                                          const std::filesystem::path& folder) {
  const auto environment = environment_of(disk);
  const auto journal = open_journal(
      folder, {.durability = Durability::process,
               .history = {},
               .seams = {.env = environment.get(), .wal_bytes = std::size_t{16} << 10}});
  disk.hold_syncs();  // else the flush of the full WAL makes it durable soon
  std::uint64_t written = 0;
  std::size_t wals = 0;
  for (std::uint64_t beyond = 0; written < 10'000 && beyond<20; beyond += wals> 1) {
    journal->wait(journal->append(changes(PutLease{active_lease(++written)}), kStart));
    wals = count_wals(folder);
  }
  disk.cut_power();
  return {written, wals};
}

TEST(WalOrder, PowerLossLeavesNoHoleBetweenWals) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const TempFolder temp(memory_folder());
    const std::filesystem::path folder = temp.path() / "store";
    std::filesystem::create_directories(folder / "db");
    FaultDisk disk(folder, seed);
    const auto [written, wals] = write_into_two_wals(disk, folder);
    ASSERT_GE(wals, 2u);
    disk.power_loss();
    const auto environment = environment_of(disk);
    const auto journal = open_journal(folder, {.history = {}, .seams = {.env = environment.get()}});
    const Recovered recovered(journal->rows());
    const std::uint64_t last = recovered.leases.empty() ? 0 : recovered.leases.back().lease.token;
    EXPECT_LE(last, written);
    EXPECT_EQ(recovered.leases.size(), last) << "a hole, with seed " << seed;
  }
}

}  // namespace
}  // namespace pharox::tests
