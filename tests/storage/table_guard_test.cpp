// A damaged properties block is refused before RocksDB believes it, whichever checksums a table
// file has.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <fstream>
#include <utility>

#include "storage/rocks_table_guard.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

// Files whose next reading is misread when they are told so.
class MisreadFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  MisreadFile(std::unique_ptr<rocksdb::FSRandomAccessFile> file, bool& misreads)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), misreads_(misreads) {}
  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    const auto status =
        FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug);
    if (std::exchange(misreads_, false)) scratch[0] = static_cast<char>(scratch[0] ^ 1);
    return status;
  }

 private:
  bool& misreads_;
};

class MisreadFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit MisreadFiles(bool& misreads)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), misreads_(misreads) {}
  const char* Name() const override { return "MisreadFiles"; }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> opened;
    const auto status = target()->NewRandomAccessFile(name, options, &opened, debug);
    if (status.ok()) *file = std::make_unique<MisreadFile>(std::move(opened), misreads_);
    return status;
  }

 private:
  bool& misreads_;
};

class TableGuard : public testing::TestWithParam<rocksdb::ChecksumType> {
 protected:
  void write_table() const {
    rocksdb::BlockBasedTableOptions blocks;
    blocks.format_version = 5;
    blocks.checksum = GetParam();
    rocksdb::Options options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
    rocksdb::SstFileWriter writer({}, options);
    ASSERT_TRUE(writer.Open(path_).ok());
    ASSERT_TRUE(writer.Put("key", "value").ok());
    ASSERT_TRUE(writer.Finish().ok());
  }

  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void flip(std::size_t at) const {
    std::string flipped = bytes();
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    std::ofstream(path_, std::ios::binary) << flipped;
  }

  rocksdb::IOStatus open() {
    return guarded_->GetFileSystem()->NewRandomAccessFile(path_, {}, &file_, nullptr);
  }

  rocksdb::IOStatus read(std::uint64_t offset) {
    char scratch[16];
    rocksdb::Slice result;
    return file_->Read(offset, sizeof scratch, {}, &result, scratch, nullptr);
  }

  bool misreads_ = false;

 private:
  const TempFolder folder_;
  const std::string path_ = folder_.path() / "000001.sst";
  const std::unique_ptr<rocksdb::Env> files_ =
      rocksdb::NewCompositeEnv(std::make_shared<MisreadFiles>(misreads_));
  const std::unique_ptr<rocksdb::Env> guarded_ = storage::guard_tables(*files_);
  std::unique_ptr<rocksdb::FSRandomAccessFile> file_;
};

TEST_P(TableGuard, DamagedPropertiesAreRefused) {
  write_table();
  EXPECT_TRUE(open().ok()) << open().ToString();
  // The first of the names in the file is one of the properties.
  const std::size_t properties = bytes().find("rocksdb.");
  ASSERT_NE(properties, std::string::npos);
  flip(properties);
  EXPECT_TRUE(open().IsCorruption()) << open().ToString();
}

// RocksDB reads them itself, after the guard.
TEST_P(TableGuard, MisreadPropertiesAreRefused) {
  write_table();
  ASSERT_TRUE(open().ok());
  const std::size_t properties = bytes().find("rocksdb.");
  EXPECT_TRUE(read(properties).ok());
  misreads_ = true;
  EXPECT_TRUE(read(properties).IsIOError());
}

INSTANTIATE_TEST_SUITE_P(Checksums, TableGuard,
                         testing::Values(rocksdb::kCRC32c, rocksdb::kxxHash64),
                         [](const auto& tested) {
                           return tested.param == rocksdb::kCRC32c ? "Crc32c" : "XxHash64";
                         });

}  // namespace
}  // namespace pharox::tests
