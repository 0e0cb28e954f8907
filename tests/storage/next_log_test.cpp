// The log that commits go on in when one is full has been made before, or is made then.
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <thread>

#include "storage/rocks_next_log.h"
#include "tests/fixtures/environment.h"

namespace pharox::tests {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using File = std::unique_ptr<rocksdb::FSWritableFile>;
using rocksdb::IOStatus;

constexpr std::size_t kRoom = std::size_t{4} << 20;

// Whose files cannot do one thing.
class Unable final : public rocksdb::FileSystemWrapper {
 public:
  enum class To { allocate, rename, reopen };
  explicit Unable(To what) : FileSystemWrapper(rocksdb::FileSystem::Default()), what_(what) {}

  const char* Name() const override { return "Unable"; }
  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, File* file,
                           rocksdb::IODebugContext* debug) override {
    const IOStatus created = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (what_ == To::allocate) *file = std::make_unique<NoRoom>(std::move(*file), *this);
    return created;
  }
  int refusals() const { return refusals_; }
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (what_ == To::rename) return refusal();
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }
  IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                              File* file, rocksdb::IODebugContext* debug) override {
    if (what_ == To::reopen) return refusal();
    return FileSystemWrapper::ReopenWritableFile(name, options, file, debug);
  }

 private:
  class NoRoom final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    NoRoom(File file, Unable& files) : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}
    IOStatus Allocate(std::uint64_t, std::uint64_t, const rocksdb::IOOptions&,
                      rocksdb::IODebugContext*) override {
      return files_.refusal();
    }

   private:
    Unable& files_;
  };

  IOStatus refusal() {
    ++refusals_;
    return IOStatus::IOError("no");
  }

  const To what_;
  std::atomic<int> refusals_{0};
};

class NextLogTest : public testing::Test {
 protected:
  void open_with(const std::shared_ptr<rocksdb::FileSystem>& base) {
    base_ = rocksdb::NewCompositeEnv(base);
    environment_ = storage::next_log_made_ahead(*base_);
    files_ = environment_->GetFileSystem();
  }
  void SetUp() override {
    open_with(rocksdb::FileSystem::Default());
    File file;
    ASSERT_TRUE(base_->GetFileSystem()->NewWritableFile(path("room"), {}, &file, nullptr).ok());
    if (!file->Allocate(0, kRoom, {}, nullptr).ok()) {
      GTEST_SKIP() << "this file system gives no room beforehand";
    }
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }
  fs::path next() const { return path("next-log"); }

  File new_log(const std::string& name) {
    File file;
    EXPECT_TRUE(files_->NewWritableFile(path(name), {}, &file, nullptr).ok());
    file->SetPreallocationBlockSize(kRoom);
    return file;
  }
  // As if so much of it were written.
  static void reach(File& log, std::size_t offset) { log->PrepareWrite(offset, 1, {}, nullptr); }
  bool has_room(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(::stat(path(name).c_str(), &status), 0);
    return status.st_blocks >= static_cast<blkcnt_t>(kRoom / 512);
  }
  // A log that has its room when it is asked for: nullopt if none of them has.
  std::optional<std::pair<std::string, File>> log_made_ahead() {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (int number = 2; std::chrono::steady_clock::now() < deadline; ++number) {
      const std::string name = std::to_string(number) + ".log";
      File log = new_log(name);
      if (has_room(name)) return std::pair(name, std::move(log));
      std::this_thread::sleep_for(1ms);
    }
    return std::nullopt;
  }
  std::string text_of(const std::string& name) {
    std::string text;
    EXPECT_TRUE(rocksdb::ReadFileToString(base_.get(), path(name), &text).ok());
    return text;
  }
  void await_next() const {
    for (int i = 0; i < 10'000 && !fs::exists(next()); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(fs::exists(next()));
  }

  const TempFolder folder_;
  std::unique_ptr<rocksdb::Env> base_, environment_;
  std::shared_ptr<rocksdb::FileSystem> files_;
};

TEST_F(NextLogTest, IsMadeWhenALogIsHalfFull) {
  File first = new_log("1.log");
  reach(first, 0);
  reach(first, kRoom / 2 - 1);
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(fs::exists(next()));
  reach(first, kRoom / 2);
  auto made = log_made_ahead();
  ASSERT_TRUE(made);
  auto& [name, log] = *made;
  EXPECT_FALSE(fs::exists(next()));
  EXPECT_EQ(fs::file_size(path(name)), 0u);
  EXPECT_TRUE(log->Append("abc", {}, nullptr).ok());
  EXPECT_TRUE(log->Append("def", {}, nullptr).ok());
  EXPECT_TRUE(log->Close({}, nullptr).ok());
  EXPECT_EQ(text_of(name), "abcdef");
  EXPECT_FALSE(has_room(name));
  // And so on.
  File third = new_log("third.log");
  reach(third, kRoom / 2);
  EXPECT_TRUE(log_made_ahead());
}

// As when a store is closed.
TEST_F(NextLogTest, GivesBackItsRoomThoughNothingIsWritten) {
  File first = new_log("1.log");
  reach(first, kRoom / 2);
  auto made = log_made_ahead();
  ASSERT_TRUE(made);
  auto& [name, log] = *made;
  EXPECT_TRUE(log->Close({}, nullptr).ok());
  EXPECT_FALSE(has_room(name));
}

// Where logs of a copy of the store are written through the same file system.
TEST_F(NextLogTest, StaysInItsFolder) {
  File first = new_log("1.log");
  reach(first, kRoom / 2);
  fs::create_directory(path("copy"));
  await_next();
  for (int i = 0; i < 50; ++i) {
    new_log("copy/1.log");
    EXPECT_FALSE(has_room("copy/1.log"));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(log_made_ahead());
}

TEST_F(NextLogTest, IsNotMadeForSmallLogsOrOtherFiles) {
  for (const auto& [name, room] : {std::pair("1.log", std::size_t{64} << 10), {"1.sst", kRoom}}) {
    File file = new_log(name);
    file->SetPreallocationBlockSize(room);
    reach(file, room);
  }
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(fs::exists(next()));
}

TEST_F(NextLogTest, LeavesNothingBehind) {
  std::ofstream(next()) << "what a killed process left";
  rocksdb::FileLock* lock = nullptr;
  ASSERT_TRUE(files_->LockFile(path("LOCK"), {}, &lock, nullptr).ok());
  EXPECT_FALSE(fs::exists(next()));
  File log = new_log("1.log");
  reach(log, kRoom / 2);
  await_next();
  EXPECT_TRUE(files_->UnlockFile(lock, {}, nullptr).ok());
  EXPECT_FALSE(fs::exists(next()));
}

class NextLogWithFaults : public NextLogTest, public testing::WithParamInterface<Unable::To> {
 protected:
  void SetUp() override {
    NextLogTest::SetUp();
    if (!IsSkipped()) open_with(unable_);
  }
  const std::shared_ptr<Unable> unable_ = std::make_shared<Unable>(GetParam());
};
INSTANTIATE_TEST_SUITE_P(, NextLogWithFaults,
                         testing::Values(Unable::To::allocate, Unable::To::rename,
                                         Unable::To::reopen));

TEST_P(NextLogWithFaults, IsMadeWhenItIsNeeded) {
  rocksdb::FileLock* lock = nullptr;
  ASSERT_TRUE(files_->LockFile(path("LOCK"), {}, &lock, nullptr).ok());
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (int number = 1; unable_->refusals() < 5; ++number) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    const std::string name = std::to_string(number) + ".log";
    File log = new_log(name);
    reach(log, kRoom / 2);
    EXPECT_TRUE(log->Append("abc", {}, nullptr).ok());
    EXPECT_TRUE(log->Close({}, nullptr).ok());
    EXPECT_EQ(text_of(name), "abc");
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(files_->UnlockFile(lock, {}, nullptr).ok());
  EXPECT_FALSE(fs::exists(next()));
}

}  // namespace
}  // namespace pharox::tests
