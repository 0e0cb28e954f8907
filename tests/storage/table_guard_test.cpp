// A damaged properties block is refused before RocksDB believes it, whichever checksums a table
// file has.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include <fstream>

#include "storage/rocks_table_guard.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

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

  rocksdb::IOStatus open() const {
    const auto guarded = storage::guard_tables(*rocksdb::Env::Default());
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    return guarded->GetFileSystem()->NewRandomAccessFile(path_, {}, &file, nullptr);
  }

 private:
  const TempFolder folder_;
  const std::string path_ = folder_.path() / "000001.sst";
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

INSTANTIATE_TEST_SUITE_P(Checksums, TableGuard,
                         testing::Values(rocksdb::kCRC32c, rocksdb::kxxHash64),
                         [](const auto& tested) {
                           return tested.param == rocksdb::kCRC32c ? "Crc32c" : "XxHash64";
                         });

}  // namespace
}  // namespace pharox::tests
