// Proxies have passwords: a store's files are their owner's alone, whatever the umask.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pharox/clock.h"
#include "pharox/pharox.h"
#include "pharox/rocksdb_storage.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

class Permissions : public testing::TestWithParam<mode_t> {
 protected:
  void SetUp() override { before_ = ::umask(GetParam()); }
  void TearDown() override { ::umask(before_); }

  static RocksDbStorageOptions options() {
    RocksDbStorageOptions chosen;
    chosen.durability = Durability::process;
    return chosen;
  }

  // Makes every kind of file that a store has: opening again turns the WAL into table files and
  // writes a new manifest and new options.
  static void use(const fs::path& store) {
    for (int round = 0; round < 4; ++round) {
      RocksDbStorage storage(store, options());
      storage.save_pool(pool_of(100, "pool"));
      storage.ensure_consumer("worker");
      for (int i = 0; i < 50; ++i) storage.save_proxy(proxy_of(1 + 50 * round + i, id_of(100)));
      for (int i = 0; i < 20; ++i) {
        storage.release_lease(storage.acquire("pool", "worker", 1h).value());
      }
    }
  }

  static void expect_private(const fs::path& store) {
    const auto mode_of = [](const fs::path& path) {
      struct stat status = {};
      EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
      return status.st_mode;
    };
    EXPECT_EQ(mode_of(store) & 07777, 0700u);
    std::string names;
    for (const auto& entry : fs::recursive_directory_iterator(store)) {
      const mode_t mode = mode_of(entry.path());
      EXPECT_EQ(mode & 07777, S_ISDIR(mode) ? 0700u : 0600u) << entry.path();
      names += entry.path().filename().string() + "\n";
    }
    for (const char* kind : {".sst", ".log", "MANIFEST-", "OPTIONS-", "CURRENT"}) {
      EXPECT_NE(names.find(kind), names.npos) << "no file of the kind " << kind;
    }
  }

  TempFolder folder_;
  const fs::path store_ = folder_.path() / "store";

 private:
  mode_t before_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Umask, Permissions, testing::Values(mode_t{0}, mode_t{022}),
                         testing::PrintToStringParamName());

TEST_P(Permissions, EveryFileOfAStoreIsItsOwnersAlone) {
  use(store_);
  expect_private(store_);
  EXPECT_TRUE(fs::exists(store_ / "LOCK"));
}

TEST_P(Permissions, SoIsEveryFileOfACopy) {
  use(store_);
  const fs::path copy = folder_.path() / "copy";
  {
    RocksDbStorage storage(store_, options());
    storage.acquire("pool", "worker", 1h);
    storage.checkpoint(copy);
    expect_private(copy);
  }
  use(copy);
  expect_private(copy);
}

}  // namespace
}  // namespace pharox::tests
