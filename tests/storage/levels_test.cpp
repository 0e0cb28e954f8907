// A level of several table files: what cannot be read in one of them is an error, and never the end
// of a walk.
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "storage/salvage.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;
namespace fs = std::filesystem;

constexpr std::uint64_t kRows = 200;

std::string key_of(std::uint64_t number) { return format::uuid_key(id_of(number)); }

// Bytes that nothing compresses.
std::string noise(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(500, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Levels : public testing::Test {
 protected:
  Levels() {
    open_journal(store_, {.history = {}})->close();
    BareDatabase bare(store_);
    for (std::uint64_t row = 0; row < kRows; ++row) {
      bare.put(Table::proxies, key_of(row), noise(row));
    }
    bare.flush();
    files_ = bare.spread(Table::proxies, 10'000);
  }

  // The blocks of rows of a file, but nothing of what is read when it is opened.
  void damage(const rocksdb::LiveFileMetaData& file) const {
    const fs::path path = store_ / "db" / file.relative_filename;
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    bytes << std::string(500 * file.num_entries, '?');
  }
  void erase_rows_of(const rocksdb::LiveFileMetaData& file) const {
    BareDatabase bare(store_);
    for (std::uint64_t row = 0; row < kRows; ++row) {
      if (key_of(row) >= file.smallestkey) bare.erase(Table::proxies, key_of(row));
    }
    bare.flush();
  }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "store";
  std::vector<rocksdb::LiveFileMetaData> files_;
};

TEST_F(Levels, AWalkReportsWhatItCannotReadOfAnyFile) {
  ASSERT_GE(files_.size(), 3u);
  for (const auto& file : files_) {
    const std::string sound = store_.string() + ".sound";
    fs::copy(store_, sound, fs::copy_options::recursive);
    damage(file);
    const auto journal = open_journal(store_, {.history = {}});
    EXPECT_THROW(count_rows(journal->rows(), Table::proxies), CorruptionError)
        << file.relative_filename;
    const auto view = StoreReader::open(store_);
    EXPECT_THROW(count_rows(*view, Table::proxies), CorruptionError) << file.relative_filename;
    journal->close();
    fs::remove_all(store_);
    fs::rename(sound, store_);
  }
  EXPECT_EQ(count_rows(*StoreReader::open(store_), Table::proxies), kRows);
}

TEST_F(Levels, AWalkBackwardsReportsWhatItCannotReadOfTheFileBefore) {
  ASSERT_GE(files_.size(), 3u);
  erase_rows_of(files_.back());
  damage(files_[files_.size() - 2]);
  const auto journal = open_journal(store_, {.history = {}});
  EXPECT_THROW(journal->rows().last_key(Table::proxies), CorruptionError);
}

// RocksDB 8.1 to 8.6.2 would drop the rows of that file and of all behind it.
TEST_F(Levels, ACompactionFailsWhereItCannotReadAFile) {
  ASSERT_GE(files_.size(), 3u);
  damage(files_[1]);
  EXPECT_TRUE(BareDatabase(store_).compact(Table::proxies).IsCorruption());
}

TEST_F(Levels, ASalvageGoesOnWithTheNextFile) {
  ASSERT_GE(files_.size(), 3u);
  damage(files_[1]);
  const auto salvage = SalvageReader::open(store_);
  EXPECT_EQ(count_rows(*salvage, Table::proxies), kRows - files_[1].num_entries);
  EXPECT_EQ(salvage->unreadable().size(), 1u);
}

}  // namespace
}  // namespace pharox::tests
