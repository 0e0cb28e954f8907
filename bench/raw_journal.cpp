#include "bench/raw_journal.h"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "bench/fastest_cpu.h"

namespace pharox::bench {
namespace {

// As long as a lease's key, which begins with its time.
class RisingKey {
 public:
  static constexpr std::size_t kBytes = 16;

  explicit RisingKey(std::uint64_t number) {
    for (std::size_t i = 0; i < sizeof number; ++i) {
      bytes_[i] = static_cast<char>(number >> 8 * (sizeof number - 1 - i));
    }
  }
  rocksdb::Slice slice() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::array<char, kBytes> bytes_{};
};

void check(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
}

rocksdb::WriteOptions write_options(bool synced) {
  rocksdb::WriteOptions options;
  options.sync = synced;
  return options;
}

}  // namespace

// RocksDB's threads stay on the CPUs of whoever opens it first.
RawJournal::RawJournal(std::string value) : value_(std::move(value)) {
  const OnAllCpus everywhere;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* database = nullptr;
  check(rocksdb::DB::Open(options, folder_.path().string(), &database));
  database_.reset(database);
}

RawJournal::~RawJournal() = default;

std::size_t RawJournal::row_bytes() const { return RisingKey::kBytes + value_.size(); }

void RawJournal::put(bool synced) {
  check(database_->Put(write_options(synced), RisingKey(next_key_++).slice(), value_));
}

void RawJournal::put_batch(std::size_t rows, bool synced) {
  rocksdb::WriteBatch batch;
  for (std::uint64_t key = next_key_.fetch_add(rows), end = key + rows; key < end; ++key) {
    check(batch.Put(RisingKey(key).slice(), value_));
  }
  check(database_->Write(write_options(synced), &batch));
}

}  // namespace pharox::bench
