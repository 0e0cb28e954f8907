// The memtable of rising keys, under a RocksDB of its own, against a map.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "storage/rocks_memtable.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

using PlainRows = std::map<std::string, std::string>;

std::string key_number(std::uint64_t number) {
  std::string key(8, '\0');
  for (std::size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<char>(number >> 8 * (key.size() - 1 - i));
  }
  return key;
}

class Memtable : public testing::Test {
 protected:
  Memtable() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.allow_concurrent_memtable_write = false;
    options.memtable_factory = storage::memtable_of_rising_keys();
    options.write_buffer_size = std::size_t{256} << 20;  // flushed when a test wants it
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, folder_.path().string(), &opened).ok());
    database_.reset(opened);
  }

  void put(std::uint64_t number, const std::string& value) {
    ASSERT_TRUE(database_->Put({}, key_number(number), value).ok());
    rows_[key_number(number)] = value;
  }
  void erase(std::uint64_t number) {
    ASSERT_TRUE(database_->Delete({}, key_number(number)).ok());
    rows_.erase(key_number(number));
  }
  std::optional<std::string> get(std::uint64_t number) const {
    std::string value;
    const rocksdb::Status status = database_->Get({}, key_number(number), &value);
    EXPECT_TRUE(status.ok() || status.IsNotFound());
    return status.ok() ? std::optional(value) : std::nullopt;
  }
  std::unique_ptr<rocksdb::Iterator> iterator() const {
    return std::unique_ptr<rocksdb::Iterator>(database_->NewIterator({}));
  }
  void flush() { ASSERT_TRUE(database_->Flush({}).ok()); }

  static void expect_at(const rocksdb::Iterator& at, const PlainRows& rows,
                        PlainRows::const_iterator row) {
    ASSERT_EQ(at.Valid(), row != rows.end());
    if (!at.Valid()) return;
    ASSERT_EQ(at.key().ToString(), row->first);
    ASSERT_EQ(at.value().ToString(), row->second);
  }
  void expect_same_rows() const {
    const auto at = iterator();
    auto row = rows_.begin();
    for (at->SeekToFirst(); at->Valid(); at->Next(), ++row) {
      ASSERT_NO_FATAL_FAILURE(expect_at(*at, rows_, row));
    }
    EXPECT_EQ(row, rows_.end());
    auto back = rows_.rbegin();
    for (at->SeekToLast(); at->Valid(); at->Prev(), ++back) {
      ASSERT_NE(back, rows_.rend());
      ASSERT_EQ(at->key().ToString(), back->first);
    }
    EXPECT_EQ(back, rows_.rend());
  }
  void expect_same_seeks(std::uint64_t number) const {
    const auto at = iterator();
    at->Seek(key_number(number));
    expect_at(*at, rows_, rows_.lower_bound(key_number(number)));
    at->SeekForPrev(key_number(number));
    const auto behind = rows_.upper_bound(key_number(number));
    expect_at(*at, rows_, behind == rows_.begin() ? rows_.end() : std::prev(behind));
    const auto row = rows_.find(key_number(number));
    EXPECT_EQ(get(number), row == rows_.end() ? std::nullopt : std::optional(row->second));
  }

  TempFolder folder_;
  std::unique_ptr<rocksdb::DB> database_;
  PlainRows rows_;
};

TEST_F(Memtable, AnEmptyOneHasNothing) {
  expect_same_rows();
  expect_same_seeks(1);
}

// As leases do: a row is put at the end, and again, with its end, a while later.
TEST_F(Memtable, HoldsWhatLeasesPut) {
  std::mt19937_64 random(announced_seed());
  std::vector<std::uint64_t> active;
  for (std::uint64_t number = 1; number <= 20'000; ++number) {
    put(number, "active");
    active.push_back(number);
    if (active.size() < 100) continue;
    const std::size_t ends = random() % 4 == 0 ? random() % active.size() : 0;
    put(active[ends], "ended");
    active.erase(active.begin() + static_cast<std::ptrdiff_t>(ends));
  }
  expect_same_rows();
  flush();
  expect_same_rows();
}

TEST_F(Memtable, FollowsAMapWhateverIsPut) {
  std::mt19937_64 random(announced_seed());
  const std::uint64_t steps = number_from_environment("PHAROX_STEPS", 20'000);
  std::uint64_t last = 1'000'000;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const auto somewhere = [&] { return last - random() % (random() % 2 == 0 ? 100 : last); };
    switch (random() % 8) {
      case 0:
      case 1:
        put(++last, std::to_string(step));
        break;
      case 2:
      case 3:
      case 4:
        put(somewhere(), std::to_string(step));
        break;
      case 5:
        put(last -= random() % 5, std::to_string(step));
        break;  // falling keys
      case 6:
        erase(somewhere());
        break;
      default:
        ASSERT_NO_FATAL_FAILURE(expect_same_seeks(somewhere()));
        break;
    }
    if (random() % (steps / 4) == 0) flush();
  }
  expect_same_rows();
}

TEST_F(Memtable, AWalkGoesOnThoughRowsArePutBetween) {
  std::mt19937_64 random(announced_seed());
  for (std::uint64_t number = 0; number < 3'000; ++number) put(10 * number, "before");
  const PlainRows before = rows_;
  const auto forward = iterator();
  const auto backward = iterator();
  forward->SeekToFirst();
  backward->SeekToLast();
  auto row = before.begin();
  auto back = before.rbegin();
  while (forward->Valid()) {
    ASSERT_NO_FATAL_FAILURE(expect_at(*forward, before, row));
    ASSERT_TRUE(backward->Valid());
    ASSERT_EQ(backward->key().ToString(), back->first);
    ASSERT_EQ(backward->value().ToString(), "before");
    for (std::uint64_t puts = random() % 8; puts > 0; --puts) put(random() % 40'000, "meanwhile");
    if (random() % 10 == 0) {  // and over again from where it is
      forward->Prev();
      forward->Valid() ? forward->Next() : forward->SeekToFirst();
    }
    forward->Next();
    backward->Prev();
    ++row, ++back;
  }
  EXPECT_EQ(row, before.end());
  EXPECT_FALSE(backward->Valid());
}

TEST_F(Memtable, ThreadsReadWhileOnePuts) {
  constexpr std::uint64_t kPuts = 20'000;
  std::atomic<std::uint64_t> written = 0;
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937_64 random(static_cast<std::uint64_t>(reader));
      while (written < kPuts) {
        const std::uint64_t last = written;
        if (last > 0) {
          EXPECT_TRUE(get(1 + random() % last));
        }
        const auto at = iterator();
        std::uint64_t number = last > 200 ? last - 200 : 1;
        for (at->Seek(key_number(number)); at->Valid() && number <= last; at->Next(), ++number) {
          ASSERT_EQ(at->key().ToString(), key_number(number));
        }
        EXPECT_GT(number, last) << "some are missing";
      }
    });
  }
  for (std::uint64_t number = 1; number <= kPuts; ++number) {
    put(number, "active");
    if (number > 50) put(number - 50, "ended");
    written = number;
    if (number % 5'000 == 0) flush();
  }
  readers.clear();
  expect_same_rows();
}

}  // namespace
}  // namespace pharox::tests
