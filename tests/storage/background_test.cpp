// RocksDB's threads give up the processor between the rows of whatever they flush and merge.
#include <gtest/gtest.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/resource.h>

#include <ctime>
#include <filesystem>
#include <functional>
#include <thread>

#include "storage/rocks_background.h"
#include "storage/rocks_forgotten.h"
#include "tests/fixtures/environment.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

// What RocksDB does with a row: it writes it to a table file, or asks whether to drop it.
class RowsInTheBackground : public testing::TestWithParam<bool> {
 protected:
  void take_row() {
    if (GetParam()) {
      std::string changed, skipped;
      filter_->FilterV2(0, {}, rocksdb::CompactionFilter::ValueType::kValue, {}, &changed,
                        &skipped);
    } else {
      file_->AddUserKey({}, {}, rocksdb::EntryType::kEntryDelete, 1, 1);
    }
  }
  // Whether this thread gives up the processor five times before `span` is over.
  bool gives_up(std::chrono::milliseconds span) {
    const auto times_given_up = [] {
      rusage usage{};
      getrusage(RUSAGE_THREAD, &usage);
      return usage.ru_nvcsw;
    };
    const auto before = times_given_up();
    const auto end = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < end) {
      take_row();
      if (times_given_up() - before >= 5) return true;
    }
    return false;
  }
  // How much of the processor this thread takes for rows in so long a time.
  std::chrono::nanoseconds spent_in(std::chrono::milliseconds span) {
    const auto spent = [] {
      timespec time{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    };
    const auto before = spent();
    const auto end = std::chrono::steady_clock::now() + span;
    while (std::chrono::steady_clock::now() < end) take_row();
    return spent() - before;
  }
  static void in_background(const std::function<void()>& work) {
    std::thread([&] {
      ModestBackground().OnFlushBegin(nullptr, {});
      work();
    }).join();
  }

  const std::shared_ptr<Pauses> pauses_ = std::make_shared<Pauses>();
  ForgottenLeases forgotten_{[] {}, pauses_};
  const std::unique_ptr<rocksdb::CompactionFilter> filter_ = forgotten_.CreateCompactionFilter({});
  const std::unique_ptr<rocksdb::TablePropertiesCollector> file_{
      pauses_->CreateTablePropertiesCollector({})};
};
INSTANTIATE_TEST_SUITE_P(Written, RowsInTheBackground, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(MayBeDropped, RowsInTheBackground, testing::Values(true));

TEST_P(RowsInTheBackground, GiveUpTheProcessor) {
  in_background([&] { EXPECT_TRUE(gives_up(10s)); });
}

// Such as the thread that opens a store and flushes what its log held.
TEST_P(RowsInTheBackground, ThoseOfOthersDoNot) { EXPECT_FALSE(gives_up(50ms)); }

// Whoever waits for a store to be ready has the processor.
TEST_P(RowsInTheBackground, HardlyGoOnWhileTheStoreIsOpened) {
  in_background([&] {
    pauses_->set_recovering(true);
    EXPECT_LT(spent_in(200ms), 50ms);
  });
}

TEST(TableFiles, AreAllWrittenWithPauses) {
  const TempFolder folder;
  const auto journal = open_journal(folder.path(), {});
  journal->append({EndLease{ended_lease(1, kStart)}}, kStart);
  journal->close();
  open_journal(folder.path(), {})->close();  // what the log held is in files now
  int files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path() / "db")) {
    if (file.path().extension() != ".sst") continue;
    rocksdb::SstFileReader reader({});
    ASSERT_TRUE(reader.Open(file.path().string()).ok());
    const std::string names = reader.GetTableProperties()->property_collectors_names;
    EXPECT_NE(names.find(Pauses().Name()), std::string::npos) << file.path() << ": " << names;
    ++files;
  }
  EXPECT_GE(files, 2);  // of the lease, and of what the store says of itself
}

}  // namespace
}  // namespace pharox::tests
