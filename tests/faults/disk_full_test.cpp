// A small file system that is really full, again and again. Needs the right to mount one; the fault
// machine plays the same without.
//
// PHAROX_SEED repeats the choices, PHAROX_FULL_ROUNDS sets the number of rounds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <random>

#include "engine/rocksdb_seams.h"
#include "tests/fixtures/environment.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {
namespace {

constexpr std::uint64_t kDefaultRounds = 10;

class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& at) : at_(at) {
    std::filesystem::create_directory(at_);
    is_mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, "size=6m,mode=0700") == 0;
    why_not_ = is_mounted_ ? "" : std::strerror(errno);
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return is_mounted_; }
  const std::string& why_not() const { return why_not_; }

  void fill(std::uint64_t but_for_bytes) {
    const int file = ::open(filler().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    int error = ENOSPC;
    while (error == ENOSPC) {  // a compaction may have taken what was free
      struct statvfs status {};
      ::statvfs(at_.c_str(), &status);
      const std::uint64_t left = std::uint64_t{status.f_bavail} * status.f_bsize;
      if (left <= but_for_bytes) break;
      error = ::posix_fallocate(file, 0, static_cast<off_t>(left - but_for_bytes));
      EXPECT_TRUE(error == 0 || error == ENOSPC) << error;
    }
    ::close(file);
  }
  void make_space() { std::filesystem::remove(filler()); }

 private:
  std::filesystem::path filler() const { return at_ / "filler"; }

  const std::filesystem::path at_;
  bool is_mounted_ = false;
  std::string why_not_;
};

std::vector<Proxy> proxies_named(std::uint64_t first, std::uint64_t count,
                                 const std::string& text) {
  std::vector<Proxy> proxies;
  for (std::uint64_t number = first; number < first + count; ++number) {
    proxies.push_back(proxy_of(number, id_of(999'999)));
    proxies.back().source = text;
  }
  return proxies;
}

TEST(FullDisk, AbortsNothingAndLosesNothing) {
  const TempFolder folder;
  SmallDisk disk(folder.path() / "mounted");
  if (!disk.is_mounted()) GTEST_SKIP() << "cannot mount a tmpfs: " << disk.why_not();
  std::mt19937_64 random(announced_seed());
  const std::uint64_t rounds = number_from_environment("PHAROX_FULL_ROUNDS", kDefaultRounds);

  RocksDbStorageOptions options;
  const auto storage = engine::RocksDbSeams::open(folder.path() / "mounted" / "store", options,
                                                  {.env = nullptr, .wal_bytes = 64 << 10});
  storage->save_pool(pool_of(999'999, "pool"));
  storage->ensure_consumer("worker");
  storage->add_proxies_bulk(proxies_named(1, 50, "before"));
  std::uint64_t saved = 0, failed_reopenings = 0, token = 0;
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    // With the memory of the tables empty, or with something in it.
    const std::string text = "round " + std::to_string(round) + std::string(200, '.');
    if (round % 2 == 0) storage->add_proxies_bulk(proxies_named(1, 50, text));
    disk.fill(random() % 20'000);  // less than a flush and the next WAL need
    std::string acknowledged = storage->get_proxy(id_of(1)).source.value();
    std::string tried = acknowledged;
    std::string cause;
    for (int i = 0; i < 100'000 && cause.empty(); ++i) {
      tried = std::to_string(i) + text;
      try {
        storage->add_proxies_bulk(proxies_named(1, 50, tried));
        acknowledged = tried;
        ++saved;
      } catch (const StorageError& error) {
        cause = error.what();
      }
    }
    EXPECT_NE(cause.find("the disk is full"), std::string::npos) << cause;
    EXPECT_EQ(storage->list_proxies("pool").size(), 50u);  // reads go on
    EXPECT_THROW(storage->acquire("pool", "worker", 1h), StorageError);
    try {
      storage->reopen();  // while it is still full; there may be just enough space
    } catch (const StorageError&) {
      ++failed_reopenings;
      EXPECT_EQ(storage->list_proxies("pool").size(), 50u);
    }
    disk.make_space();
    storage->reopen();
    const std::vector<Proxy> found = storage->list_proxies("pool");
    const std::string recovered = found.front().source.value();
    EXPECT_TRUE(recovered == acknowledged || recovered == tried) << recovered;
    for (const Proxy& proxy : found) EXPECT_EQ(proxy.source, recovered);  // wholly or not at all
    const Lease lease = storage->acquire("pool", "worker", 1h).value();
    EXPECT_GT(lease.token, token);
    token = lease.token;
    EXPECT_TRUE(storage->release_lease(lease));
    EXPECT_EQ(storage->validate(), std::nullopt);
    if (testing::Test::HasFailure()) return;
  }
  std::cout << rounds << " times full, " << saved << " commits before, " << failed_reopenings
            << " vain attempts to open again" << std::endl;
}

}  // namespace
}  // namespace pharox::tests
