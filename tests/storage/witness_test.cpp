// The witness: what it says, when it is written, and what contradicts it.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "storage/rocks_log_scan.h"
#include "storage/rocks_losses.h"
#include "storage/rocks_witness.h"
#include "storage/store_folder.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;
namespace fs = std::filesystem;

rocksdb::FileSystem& files() { return *rocksdb::FileSystem::Default(); }

class WitnessTest : public testing::Test {
 protected:
  std::unique_ptr<PersistentJournal> open(Durability durability = Durability::sync,
                                          bool accept_loss = false) {
    return open_journal(store_, {.durability = durability,
                                 .accept_loss = accept_loss,
                                 .history = {},
                                 .seams = {.witness_interval = std::chrono::milliseconds{5}}});
  }
  std::string refusal() {
    return message_of<CorruptionError>([&] { open(); });
  }
  void write_leases(std::uint64_t first, std::uint64_t last) {
    const auto journal = open();
    for (const std::uint64_t number : numbers(first, last)) {
      journal->wait(journal->append(changes(PutLease{active_lease(number)}), kStart));
    }
    journal->close();
  }
  std::vector<fs::path> logs() {
    std::vector<fs::path> paths;
    for (const auto number : log_numbers(files(), store_, 0)) {
      paths.push_back(log_file(store_, number));
    }
    return paths;
  }
  Witness witness() { return read_witness(files(), store_).value(); }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "store";
};

TEST_F(WitnessTest, IsTheTextThatItReads) {
  const Witness sample{.sequence = 1234,
                       .every_commit_synced = false,
                       .history_first = 401,
                       .manifest = "MANIFEST-000005",
                       .manifest_size = 77,
                       .manifest_checksum = 4'000'000'000,
                       .min_log = 8,
                       .logs = {{8, 1001}, {12, 1100}}};
  const std::string text = to_text(sample);
  EXPECT_EQ(parse_witness(text), sample);
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      ASSERT_EQ(parse_witness(damaged), std::nullopt) << i << ' ' << bit;
    }
    ASSERT_EQ(parse_witness(text.substr(0, i)), std::nullopt) << i;
  }
}

TEST_F(WitnessTest, FollowsTheCommitsInEachDurability) {
  for (const Durability durability : {Durability::sync, Durability::process}) {
    const auto journal = open(durability);
    const std::uint64_t before = witness().sequence;
    journal->wait(journal->append(changes(PutLease{active_lease(1)}), kStart));
    for (int i = 0; i < 2000 && witness().sequence == before; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    EXPECT_EQ(witness().sequence, before + 1);
    EXPECT_EQ(witness().every_commit_synced, durability == Durability::sync);
    journal->close();
  }
}

TEST_F(WitnessTest, ALostLogIsRefusedUntilTheLossIsAccepted) {
  write_leases(1, 10);
  for (const fs::path& log : logs()) fs::remove(log);
  const std::string message = refusal();
  EXPECT_NE(message.find(" is missing; "), std::string::npos) << message;
  EXPECT_NE(message.find("row changes are missing"), std::string::npos) << message;
  EXPECT_NE(message.find("pharox repair"), std::string::npos) << message;
  EXPECT_EQ(refusal(), message);  // a refusal changes nothing
  EXPECT_NE(message_of<CorruptionError>([&] { StoreReader::open(store_); }).find("is missing"),
            std::string::npos);
  {
    const auto journal = open(Durability::sync, true);
    EXPECT_GE(journal->losses().missing_changes, 10u);
    journal->close();
  }
  EXPECT_TRUE(open()->losses().empty());
}

TEST_F(WitnessTest, ARefusalLeavesTheRecordsBehindTheDamage) {
  write_leases(1, 10);
  const fs::path log = logs().back();
  const auto size = fs::file_size(log);
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2));
    file.put('\x7f');
  }
  EXPECT_NE(refusal().find("is damaged at byte"), std::string::npos);
  EXPECT_EQ(fs::file_size(log), size);
  const LogScan scan = scan_log(files(), log);
  EXPECT_GT(scan.resumes, scan.next);
}

TEST_F(WitnessTest, AMissingWitnessIsRefused) {
  write_leases(1, 1);
  fs::remove(witness_file(store_));
  EXPECT_NE(refusal().find("WITNESS is missing"), std::string::npos) << refusal();
}

TEST_F(WitnessTest, AnOlderWitnessIsNoDamage) {
  write_leases(1, 2);
  const fs::path kept = folder_.path() / "kept";
  fs::copy(witness_file(store_), kept);
  write_leases(3, 4);
  fs::copy_file(kept, witness_file(store_), fs::copy_options::overwrite_existing);
  EXPECT_TRUE(open()->losses().empty());
}

TEST_F(WitnessTest, ATornTailThatWasNeverSyncedIsTrimmed) {
  {
    const auto journal = open();
    journal->wait(journal->append(changes(PutLease{active_lease(1)}), kStart));
    journal->close();
  }
  {
    std::ofstream file(logs().back(), std::ios::app | std::ios::binary);
    file << "\x12\x34\x56\x78\x40\x00\x01 the beginning of a record";
  }
  EXPECT_TRUE(open()->losses().empty());
}

// Several logs at once: RocksDB flushes one table, and the others still need the log before.
// Opening finds nothing in such a log to write to a table file, and keeps it.
TEST_F(WitnessTest, ATornTailBehindNothingIsNoDamageAfterItWasTrimmed) {
  open(Durability::process)->close();
  open(Durability::process)->close();
  const fs::path log = logs().back();
  std::ofstream(log, std::ios::app | std::ios::binary) << "torn";
  {
    const auto journal = open(Durability::process);
    journal->wait(journal->append(changes(PutLease{active_lease(1)}), kStart));
    journal->close();
  }
  EXPECT_TRUE(fs::exists(log));
  EXPECT_NO_THROW(open(Durability::process));
}

TEST_F(WitnessTest, EachOfSeveralLogsMustBeThere) {
  write_leases(1, 1);
  {
    BareDatabase bare(store_);
    for (const Table table : {Table::pools, Table::proxies, Table::health}) {
      bare.put(Table::leases, std::string(16, static_cast<char>(table)), "value");
      bare.put(table, "key", "value");
      ASSERT_TRUE((*bare).Flush({}, bare.family(table)).ok());
    }
    bare.put(Table::leases, "last", "value");
  }
  const auto all = logs();
  ASSERT_GE(all.size(), 3u);
  write_witness_of_copy(files(), store_, scan_log(files(), all.back()).next - 1);
  ASSERT_TRUE(LossCheck(files(), store_, false).losses().empty());
  for (const fs::path& log : all) {
    if (scan_log(files(), log).first == 0) continue;
    const fs::path aside = folder_.path() / "aside";
    fs::rename(log, aside);
    EXPECT_FALSE(LossCheck(files(), store_, false).losses().empty()) << log << " missing";
    std::ofstream(log).close();
    EXPECT_FALSE(LossCheck(files(), store_, false).losses().empty()) << log << " emptied";
    fs::copy_file(aside, log, fs::copy_options::overwrite_existing);
    const LogScan whole = scan_log(files(), log);
    fs::resize_file(log, fs::file_size(log) - 1);
    EXPECT_FALSE(LossCheck(files(), store_, false).losses().empty()) << log << " truncated";
    fs::rename(aside, log);
    EXPECT_EQ(scan_log(files(), log).next, whole.next);
  }
}

}  // namespace
}  // namespace pharox::tests
