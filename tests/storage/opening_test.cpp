// What may be opened, and what is refused with which words.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;
using format::Table;
namespace fs = std::filesystem;

class OpeningTest : public testing::Test {
 protected:
  void create() { open_journal(store_, {.history = {}})->close(); }
  template <class Error>
  std::string refusal(const JournalOptions& options = {.history = {}}) {
    return message_of<Error>([&] { open_journal(store_, options); });
  }
  void touch(const fs::path& file) { std::ofstream(file) << "something"; }
  static mode_t mode_of(const fs::path& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }
  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
  }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "deep" / "store";
};

TEST_F(OpeningTest, NobodyElseCanReadAStore) {
  const mode_t before = ::umask(0);
  create();
  ::umask(before);
  EXPECT_EQ(mode_of(store_), 0700);
  EXPECT_EQ(mode_of(store_ / "db"), 0700);
  EXPECT_EQ(mode_of(store_ / "LOCK"), 0600);
}

TEST_F(OpeningTest, ATrailingSlashNamesTheSameStore) {
  open_journal(store_ / "", {.history = {}})->close();
  EXPECT_NO_THROW(open_journal(store_, {.create_if_missing = false, .history = {}}));
}

TEST_F(OpeningTest, AMissingStoreIsOnlyCreatedWhenWanted) {
  const JournalOptions options{.create_if_missing = false, .history = {}};
  EXPECT_TRUE(contains(refusal<StorageError>(options), "there is no store in"));
  EXPECT_FALSE(fs::exists(store_));
  create();
  EXPECT_NO_THROW(open_journal(store_, options));
}

TEST_F(OpeningTest, AForeignFolderIsRefusedUntouched) {
  fs::create_directories(store_);
  touch(store_ / "letters.txt");
  EXPECT_TRUE(contains(refusal<StorageError>(), "is no store: it holds letters.txt"));
  EXPECT_FALSE(fs::exists(store_ / "LOCK"));
}

TEST_F(OpeningTest, AFileIsRefused) {
  fs::create_directories(store_.parent_path());
  touch(store_);
  EXPECT_TRUE(contains(refusal<StorageError>(), "it is not a folder"));
}

TEST_F(OpeningTest, ACreationThatWasCutShortIsFinished) {
  fs::create_directories(store_ / "db");
  touch(store_ / "LOCK");
  touch(store_ / "db" / "IDENTITY");
  create();
  // Later: the database is there, but neither its tables nor the format version are complete.
  BareDatabase(store_).erase(Table::meta, std::string(format::kFormatVersionKey));
  {
    BareDatabase bare(store_);
    (*bare).DropColumnFamily(bare.family(Table::health));
  }
  create();
  EXPECT_NO_THROW(open_journal(store_, {.create_if_missing = false, .history = {}}));
}

TEST_F(OpeningTest, ANewerFormatIsRefused) {
  create();
  BareDatabase(store_).put(Table::meta, std::string(format::kFormatVersionKey),
                           format::encode_number(format::kFormatVersionKey, 2));
  {
    BareDatabase bare(store_);
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE((*bare).CreateColumnFamily({}, "sessions", &added).ok());
    (*bare).DestroyColumnFamilyHandle(added);
    (*bare).DropColumnFamily(bare.family(Table::health));
  }
  const std::string words = "the store was written in format 2; this version reads up to format 1";
  EXPECT_TRUE(contains(refusal<StorageError>(), words)) << refusal<StorageError>();
  EXPECT_TRUE(contains(message_of<StorageError>([&] { StoreReader::open(store_); }), words));
}

TEST_F(OpeningTest, RowsWithoutAFormatVersionAreDamage) {
  create();
  {
    BareDatabase bare(store_);
    bare.erase(Table::meta, std::string(format::kFormatVersionKey));
    bare.put(Table::pools, "key", "value");
  }
  EXPECT_TRUE(
      contains(refusal<CorruptionError>(), "rows in its table pools but no format version"));
}

TEST_F(OpeningTest, ALostTableIsDamage) {
  create();
  {
    BareDatabase bare(store_);
    (*bare).DropColumnFamily(bare.family(Table::health));
  }
  EXPECT_TRUE(contains(refusal<CorruptionError>(), "has lost its table health"));
}

TEST_F(OpeningTest, ATableThatNobodyKnowsIsRefused) {
  create();
  {
    BareDatabase bare(store_);
    rocksdb::ColumnFamilyHandle* added = nullptr;
    ASSERT_TRUE((*bare).CreateColumnFamily({}, "sessions", &added).ok());
    (*bare).DestroyColumnFamilyHandle(added);
  }
  const std::string words = "its table sessions is not one of this version's";
  EXPECT_TRUE(contains(refusal<StorageError>(), words)) << refusal<StorageError>();
  EXPECT_TRUE(contains(message_of<StorageError>([&] { StoreReader::open(store_); }), words));
}

TEST_F(OpeningTest, ALostCurrentFileIsNotTakenForANewStore) {
  create();
  fs::remove(store_ / "db" / "CURRENT");
  EXPECT_TRUE(contains(refusal<CorruptionError>(), "CURRENT is missing"));
}

TEST_F(OpeningTest, ALostTableFileIsDamage) {
  create();
  {
    BareDatabase bare(store_);
    bare.put(Table::pools, "key", "value");
    bare.flush();
  }
  for (const auto& entry : fs::directory_iterator(store_ / "db")) {
    if (entry.path().extension() == ".sst") fs::remove(entry.path());
  }
  const std::string message = refusal<StorageError>();
  EXPECT_TRUE(contains(message, store_.string())) << message;
}

TEST_F(OpeningTest, ADamagedManifestIsDamage) {
  create();
  for (const auto& entry : fs::directory_iterator(store_ / "db")) {
    if (entry.path().filename().string().starts_with("MANIFEST")) {
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(10);
      file.put('\x5a');
    }
  }
  EXPECT_TRUE(contains(refusal<CorruptionError>(), "is damaged")) << refusal<CorruptionError>();
}

TEST_F(OpeningTest, TheDatabasesOwnLockIsRespected) {
  create();
  BareDatabase other(store_);
  EXPECT_TRUE(contains(refusal<StoreLockedError>(), "another program has the database open"));
}

}  // namespace
}  // namespace pharox::tests
