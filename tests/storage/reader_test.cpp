// The read-only view, beside a writer and alone.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;
namespace fs = std::filesystem;

// Every file below the folder, with its size and the moment it was last written.
std::vector<std::string> listing(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto written = entry.last_write_time().time_since_epoch().count();
    const auto size = entry.is_regular_file() ? entry.file_size() : 0;
    lines.push_back(entry.path().string() + " " + std::to_string(size) + " " +
                    std::to_string(written));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::size_t reader_folders() {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) {
    if (entry.path().filename().string().starts_with("pharox-reader-")) ++count;
  }
  return count;
}

class ReaderTest : public testing::Test {
 protected:
  std::unique_ptr<PersistentJournal> open() { return open_journal(store_, {.history = {}}); }
  void write_leases(std::uint64_t first, std::uint64_t last) {
    const auto journal = open();
    for (const std::uint64_t number : numbers(first, last)) {
      journal->append(changes(PutLease{active_lease(number)}), kStart);
    }
    journal->close();
  }
  // Flips a byte in the middle of the largest file with this extension, and gives its name.
  std::string damage(std::string_view extension) {
    fs::directory_entry largest;
    for (const auto& entry : fs::directory_iterator(store_ / "db")) {
      if (entry.path().extension() != extension) continue;
      if (largest.path().empty() || entry.file_size() > largest.file_size()) largest = entry;
    }
    if (largest.path().empty()) return {};
    std::fstream file(largest.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(largest.file_size() / 3);
    file.seekg(middle);
    const int byte = file.get();
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 1));
    return largest.path().filename();
  }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "store";
};

TEST_F(ReaderTest, SeesWhatALiveWriterCommittedAndWritesNothing) {
  const auto journal = open();
  journal->wait(journal->append(changes(PutPool{pool_of(1, "residential")}), kStart));
  journal->wait(journal->append(changes(PutLease{active_lease(2)}), kStart));
  const auto before = listing(folder_.path());
  {
    const auto reader = StoreReader::open(store_);
    const Recovered found(*reader);
    EXPECT_EQ(found.pools, std::vector{pool_of(1, "residential")});
    EXPECT_EQ(found.leases, std::vector{active_lease(2)});
    EXPECT_EQ(reader->find(Table::pools, format::uuid_key(id_of(1))),
              format::encode(pool_of(1, "residential")));
    EXPECT_EQ(reader->find(Table::pools, format::uuid_key(id_of(7))), std::nullopt);
    ASSERT_TRUE(reader->holder());
    EXPECT_TRUE(reader->holder()->starts_with("pid " + std::to_string(::getpid()) + " ("));
    EXPECT_LT(utc_now() - reader->taken_at(), 1min);
    EXPECT_GT(reader->sequence(), 0);
    EXPECT_TRUE(reader->verify_files().empty());
    EXPECT_EQ(listing(folder_.path()), before);
  }
  EXPECT_EQ(listing(folder_.path()), before);
}

TEST_F(ReaderTest, ShowsOneMoment) {
  const auto journal = open();
  journal->wait(journal->append(changes(PutLease{active_lease(1)}), kStart));
  const auto reader = StoreReader::open(store_);
  const auto sequence = reader->sequence();
  journal->wait(journal->append(changes(PutLease{active_lease(2)}), kStart));
  EXPECT_EQ(count_rows(*reader, Table::leases), 1);
  EXPECT_EQ(reader->sequence(), sequence);
  const auto later = StoreReader::open(store_);
  EXPECT_EQ(count_rows(*later, Table::leases), 2);
  EXPECT_GT(later->sequence(), sequence);
}

TEST_F(ReaderTest, ReadsAStoreThatNobodyHasOpen) {
  write_leases(1, 10);
  const auto before = listing(folder_.path());
  {
    const auto reader = StoreReader::open(store_);
    EXPECT_EQ(Recovered(*reader).leases.size(), 10);
    EXPECT_EQ(reader->holder(), std::nullopt);
    EXPECT_TRUE(reader->verify_files().empty());
  }
  EXPECT_EQ(listing(folder_.path()), before);
}

TEST_F(ReaderTest, LeavesNoTemporaryFolderBehind) {
  write_leases(1, 1);
  TempFolder temporary;
  const std::string before = fs::temp_directory_path();
  ::setenv("TMPDIR", temporary.path().c_str(), 1);
  {
    const auto reader = StoreReader::open(store_);
    EXPECT_EQ(reader_folders(), 1);
  }
  EXPECT_EQ(reader_folders(), 0);
  ::setenv("TMPDIR", before.c_str(), 1);
}

TEST_F(ReaderTest, AMissingStoreIsNotCreated) {
  EXPECT_NE(message_of<StorageError>([&] { StoreReader::open(store_); }).find("there is no store"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(store_));
}

// The writer flushes all the time, so that files come and go under the readers.
TEST_F(ReaderTest, NoRowIsMissedWhileFilesComeAndGo) {
  const auto journal = open_journal(store_, {.durability = Durability::process, .history = {}});
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    std::string filler(255, 'x');
    for (std::uint64_t next = 1; !stop; next += 1000) {
      ChangeList list;
      for (const std::uint64_t number : numbers(next, next + 999)) {
        Proxy proxy = proxy_of(number, id_of(1));
        proxy.source = proxy.city = proxy.isp = proxy.country = filler;
        list.push_back(PutProxy{std::move(proxy)});
      }
      list.push_back(PutTokenMark{next + 999});
      journal->wait(journal->append(std::move(list), kStart));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const auto reader = StoreReader::open(store_);
    const auto mark = reader->find(Table::meta, format::kTokenMarkKey);
    const std::uint64_t expected = mark ? format::decode_number(format::kTokenMarkKey, *mark) : 0;
    EXPECT_EQ(count_rows(*reader, Table::proxies), expected);
    EXPECT_TRUE(reader->verify_files().empty());
  }
  stop = true;
  writer.join();
}

TEST_F(ReaderTest, ADamagedTableFileIsNamed) {
  write_leases(1, 1000);
  BareDatabase(store_).flush();
  const std::string name = damage(".sst");
  ASSERT_FALSE(name.empty());
  const auto findings = StoreReader::open(store_)->verify_files();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_NE(findings[0].find(name), std::string::npos) << findings[0];
}

TEST_F(ReaderTest, ADamagedLogIsFound) {
  write_leases(1, 1000);
  const std::string name = damage(".log");
  ASSERT_FALSE(name.empty());
  const std::string message = message_of<CorruptionError>([&] { StoreReader::open(store_); });
  EXPECT_NE(message.find(name + " is damaged at byte"), std::string::npos) << message;
  EXPECT_NE(message.find("row changes are missing"), std::string::npos) << message;
}

}  // namespace
}  // namespace pharox::tests
