// pharox repair, on stores damaged in every way of the byte battery: it never crashes, never writes
// into the store, and what it makes is sound. PHAROX_REPAIR_STRIDE says how many damages are left
// out between two.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "pharox/pharox.h"
#include "storage/persistent_journal.h"
#include "tests/damage/damaged_store.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/tools/pharox_command.h"
#include "tools/inspect/verification.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

class RepairTest : public testing::Test {
 protected:
  CommandResult repair() {
    fs::remove_all(made_);
    return pharox({"repair", store_, "--out", made_});
  }
  // Of all files below the store.
  std::string bytes() const {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(store_)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::string all;
    for (const fs::path& path : paths) all += path.string() + read_file(path);
    return all;
  }
  void copy_of(const fs::path& copy) {
    fs::remove_all(store_);
    fs::copy(copy, store_, fs::copy_options::recursive);
  }
  fs::path only_file(std::string_view extension) const {
    for (const auto& entry : fs::directory_iterator(fs::path(store_) / "db")) {
      if (entry.path().extension() == extension && entry.file_size() > 0) return entry.path();
    }
    return {};
  }

  SampleStore sample_;
  TempFolder folder_{memory_folder()};
  const std::string store_ = folder_.path() / "store";
  const std::string made_ = folder_.path() / "made";
};

TEST_F(RepairTest, ASoundStoreIsCopiedWhole) {
  copy_of(sample_.closed());
  const CommandResult result = repair();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("nothing was lost"), std::string::npos) << result.out;
  const auto records = [](StoreContents contents) { return contents.records; };
  EXPECT_EQ(records(contents_of(made_)), records(contents_of(store_)));
}

// Every row of the store is still in a table file or a log.
TEST_F(RepairTest, NothingElseIsLostWithTheManifest) {
  for (const char* name : {"CURRENT", "MANIFEST-"}) {
    copy_of(sample_.closed());
    const StoreContents sound = contents_of(store_);
    copy_of(sample_.closed());
    for (const auto& entry : fs::directory_iterator(fs::path(store_) / "db")) {
      if (entry.path().filename().string().starts_with(name)) fs::remove(entry.path());
    }
    const CommandResult result = repair();
    EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
    const StoreContents found = contents_of(made_);
    EXPECT_EQ(found.records, sound.records) << result.out;
    EXPECT_GT(found.next_token, sound.next_token);
  }
}

// Nothing was flushed yet: no table file says which tables there are.
TEST_F(RepairTest, AYoungStoreIsReadFromItsLogAlone) {
  const std::string list = "http://192.0.2.9:80\n";
  ASSERT_EQ(pharox({"import", store_, "-", "--pool", "odd"}, list).exit_code, 0);
  ASSERT_EQ(only_file(".sst"), fs::path());
  fs::remove(fs::path(store_) / "db" / "CURRENT");
  EXPECT_EQ(repair().exit_code, 3);
  RocksDbStorage storage(made_);
  EXPECT_EQ(storage.list_proxies("odd").size(), 1u);
}

TEST_F(RepairTest, RecordsBehindADamagedOneAreKept) {
  copy_of(sample_.closed());
  const fs::path log = only_file(".log");
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20);
    file.put('\x7f');
  }
  const CommandResult result = repair();
  EXPECT_EQ(result.exit_code, 3) << result.err;
  RocksDbStorage storage(made_);
  EXPECT_TRUE(storage.get_proxy_by_id(id_of(15)).has_value()) << result.out;
}

TEST_F(RepairTest, AnAcceptedLossIsReportedAndTokensGoOnAboveAllThatWereHandedOut) {
  copy_of(sample_.closed());
  const std::uint64_t token = contents_of(store_).next_token;
  copy_of(sample_.closed());
  fs::remove(only_file(".log"));
  EXPECT_THROW(RocksDbStorage{store_}, CorruptionError);
  RocksDbStorageOptions options;
  options.accept_loss = true;
  {
    RocksDbStorage storage(store_, options);
    EXPECT_FALSE(storage.recovery_report().losses.empty());
    EXPECT_GT(storage.recovery_report().lost_changes, 0u);
    const auto lease = storage.acquire("odd", "ann", 1h, {}, SelectorStrategy::first_available);
    ASSERT_TRUE(lease);
    EXPECT_GT(lease->token, token);
  }
  EXPECT_TRUE(RocksDbStorage(store_).recovery_report().losses.empty());
}

TEST_F(RepairTest, TheCommandTakesALossOnlyWhenTold) {
  copy_of(sample_.closed());
  fs::remove(only_file(".log"));
  const std::string list = "http://192.0.2.9:80\n";
  for (const char* command : {"stats", "dump", "verify"}) {
    EXPECT_EQ(pharox({command, store_}).exit_code, 3) << command;
  }
  EXPECT_EQ(pharox({"import", store_, "-", "--pool", "odd"}, list).exit_code, 3);
  const CommandResult taken =
      pharox({"import", store_, "-", "--pool", "odd", "--accept-loss"}, list);
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_NE(taken.err.find("lost: the file"), std::string::npos) << taken.err;
  EXPECT_EQ(pharox({"verify", store_}).exit_code, 0);
}

TEST_F(RepairTest, AnyDamageLeavesASoundStoreAndNoSecretInTheReport) {
  const std::uint64_t seed = announced_seed();
  const std::uint64_t stride = number_from_environment("PHAROX_REPAIR_STRIDE", 60);
  const auto damages = sample_.damages(sample_.closed(), 71, seed);
  std::size_t lossless = 0;
  std::size_t repaired = 0;
  for (std::size_t i = seed % stride; i < damages.size(); i += stride) {
    SCOPED_TRACE(damages[i].text());
    sample_.make(sample_.closed(), damages[i], store_);
    const std::string before = bytes();
    const CommandResult result = repair();
    ++repaired;
    ASSERT_TRUE(result.exit_code == 0 || result.exit_code == 3) << result.exit_code << result.err;
    EXPECT_EQ(bytes(), before);
    EXPECT_EQ((result.out + result.err).find("secret"), std::string::npos);
    EXPECT_TRUE(tools::verify(*storage::StoreReader::open(made_)).findings.empty());
    lossless += result.exit_code == 0 ? 1 : 0;
  }
  std::cout << repaired << " repaired, of which " << lossless << " had lost nothing" << std::endl;
}

}  // namespace
}  // namespace pharox::tests
