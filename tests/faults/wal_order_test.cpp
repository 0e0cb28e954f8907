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

// Whether a WAL was made ahead.
class MadeAhead {
 public:
  explicit MadeAhead(const std::filesystem::path& folder) : files_(folder / "db") {}

  // To be called often: the next one is seen before it has its name.
  void look() {
    if (const auto number = file_number(files_ / "next-log")) next_ = number;
  }
  // Whether one is that file, and something is in it. They may go meanwhile.
  bool is_used() const {
    for (const auto& entry : std::filesystem::directory_iterator(files_)) {
      std::error_code gone;
      if (next_ && entry.path().extension() == ".log" && next_ == file_number(entry.path()) &&
          entry.file_size(gone) > 0 && !gone) {
        return true;
      }
    }
    return false;
  }

 private:
  static std::optional<ino_t> file_number(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return status.st_ino;
  }

  const std::filesystem::path files_;
  std::optional<ino_t> next_;
};

// A store on a disk that loses what was not synced.
class LossyStore {
 public:
  explicit LossyStore(std::uint64_t seed) : disk_(made(folder_), seed) {}

  const std::filesystem::path& folder() const { return folder_; }
  FaultDisk& disk() { return disk_; }
  std::unique_ptr<PersistentJournal> open(Durability durability, std::size_t wal_bytes) {
    return open_journal(folder_, {.durability = durability,
                                  .history = {},
                                  .seams = {.env = environment_.get(), .wal_bytes = wal_bytes}});
  }
  // The leases that are there afterwards.
  std::vector<format::StoredLease> lose_power() {
    disk_.power_loss();
    environment_ = environment_of(disk_);
    const auto journal =
        open_journal(folder_, {.history = {}, .seams = {.env = environment_.get()}});
    return Recovered(journal->rows()).leases;
  }

 private:
  static const std::filesystem::path& made(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "db");
    return folder;
  }

  const TempFolder temp_{memory_folder()};
  const std::filesystem::path folder_ = temp_.path() / "store";
  FaultDisk disk_;
  std::unique_ptr<rocksdb::Env> environment_ = environment_of(disk_);
};

struct Wals {
  std::uint64_t written = 0;  // operations
  std::size_t count = 0;
  bool made_ahead = false;  // one of them
};

Wals write_into_two_wals(LossyStore& store, std::size_t wal_bytes) {
  const auto journal = store.open(Durability::process, wal_bytes);
  store.disk().hold_syncs();  // else the flush of the full WAL makes it durable soon
  Wals wals;
  MadeAhead made_ahead(store.folder());
  for (std::uint64_t beyond = 0; wals.written < 10'000 && beyond<20; beyond += wals.count> 1) {
    journal->wait(journal->append(changes(PutLease{active_lease(++wals.written)}), kStart));
    wals.count = count_wals(store.folder());
    made_ahead.look();
  }
  store.disk().cut_power();
  wals.made_ahead = made_ahead.is_used();
  return wals;
}

void expect_no_hole_after_power_loss(std::uint64_t seed, std::size_t wal_bytes, int& made_ahead) {
  LossyStore store(seed);
  const Wals wals = write_into_two_wals(store, wal_bytes);
  ASSERT_GE(wals.count, 2u);
  made_ahead += wals.made_ahead;
  const auto leases = store.lose_power();
  const std::uint64_t last = leases.empty() ? 0 : leases.back().lease.token;
  EXPECT_LE(last, wals.written);
  EXPECT_EQ(leases.size(), last) << "a hole, with seed " << seed;
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
    LossyStore store(seed);
    std::uint64_t written = 0;
    {
      const auto journal = store.open(Durability::sync, std::size_t{128} << 10);
      MadeAhead made_ahead(store.folder());
      for (std::uint64_t in_it = 0; written < 5'000 && in_it < seed;
           in_it += made_ahead.is_used()) {
        journal->wait(journal->append(changes(PutLease{active_lease(++written)}), kStart));
        made_ahead.look();
      }
      EXPECT_TRUE(made_ahead.is_used()) << "with seed " << seed;
      store.disk().cut_power();
    }
    EXPECT_EQ(store.lose_power().size(), written) << "with seed " << seed;
  }
}

}  // namespace
}  // namespace pharox::tests
