#include "storage/rocks_next_log.h"

#include <rocksdb/file_system.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <string>
#include <utility>

#include "storage/mutex.h"

namespace pharox::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// Tells, once, that half of the room is taken that was asked for.
class HalfFull final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using Tell = std::function<void(std::uint64_t room)>;

  HalfFull(std::unique_ptr<FSWritableFile> file, Tell tell)
      : FSWritableFileOwnerWrapper(std::move(file)), tell_(std::move(tell)) {}

  void PrepareWrite(size_t offset, size_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    if (tell_) {
      size_t room = 0;
      size_t asked_for = 0;
      GetPreallocationStatus(&room, &asked_for);
      if (offset >= room / 2) std::exchange(tell_, {})(room);
    }
    FSWritableFileOwnerWrapper::PrepareWrite(offset, size, options, debug);
  }

 private:
  Tell tell_;
};

class NextLog final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "PharoxNextLog"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* file, IODebugContext* debug) override {
    if (!name.ends_with(".log")) return target()->NewWritableFile(name, options, file, debug);
    const std::string next = beside(name);
    if (!take(next, name, options, file)) {
      const IOStatus created = target()->NewWritableFile(name, options, file, debug);
      if (!created.ok()) return created;
    }
    *file = std::make_unique<HalfFull>(std::move(*file), [=, this](std::uint64_t room) {
      if (room >= kWorthAhead) make(next, options, room);
    });
    return IOStatus::OK();
  }

  // RocksDB holds the lock of its folder while it is open.
  IOStatus LockFile(const std::string& name, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* debug) override {
    const IOStatus locked = target()->LockFile(name, options, lock, debug);
    if (locked.ok()) remove(beside(name));  // one that a killed process left
    return locked;
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions& options,
                      IODebugContext* debug) override {
    {
      const MutexLock guard(mutex_);
      room_made();
      if (!next_.empty()) remove(next_);
    }
    return target()->UnlockFile(lock, options, debug);
  }

 private:
  // Room for less is found in no time; but tests have small logs.
  static constexpr std::uint64_t kWorthAhead = std::uint64_t{128} << 10;

  static std::string beside(const std::string& name) {
    return name.substr(0, name.rfind('/') + 1) + "next-log";
  }

  void make(const std::string& next, const FileOptions& options, std::uint64_t room) {
    const MutexLock guard(mutex_);
    if (making_.valid()) return;
    try {
      next_ = next;
      making_ =
          std::async(std::launch::async, [=, this] { return make_file(next, options, room); });
    } catch (const std::exception&) {
      // There is no thread to be had, or no memory.
    }
  }

  // Its room, or 0.
  std::uint64_t make_file(const std::string& next, const FileOptions& options, std::uint64_t room) {
    std::unique_ptr<FSWritableFile> file;
    if (!target()->NewWritableFile(next, options, &file, nullptr).ok()) return 0;
    const bool has_room = file->Allocate(0, room, {}, nullptr).ok();
    if (file->Close({}, nullptr).ok() && has_room) return room;
    remove(next);
    return 0;
  }

  // The log of a copy of the store lies in a folder of its own, where there is no `next`.
  bool take(const std::string& next, const std::string& name, const FileOptions& options,
            std::unique_ptr<FSWritableFile>* file) {
    const MutexLock guard(mutex_);
    if (next != next_ || !making_.valid() ||
        making_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return false;
    }
    const std::uint64_t room = room_made();
    if (room == 0 || !target()->RenameFile(next, name, {}, nullptr).ok() ||
        !target()->ReopenWritableFile(name, options, file, nullptr).ok()) {
      return false;
    }
    // It has that room; and a file that knows of it gives back at its end what was not used.
    (*file)->SetPreallocationBlockSize(room);
    (*file)->PrepareWrite(0, 1, {}, nullptr);
    return true;
  }

  // Of the one that was made, or is being made: waits for it, and forgets it. 0: there is none.
  std::uint64_t room_made() PHAROX_REQUIRES(mutex_) {
    try {
      return making_.valid() ? making_.get() : 0;
    } catch (const std::exception&) {
      return 0;
    }
  }

  // It may not be there, and then there is nothing to do.
  void remove(const std::string& next) {
    target()->DeleteFile(next, {}, nullptr).PermitUncheckedError();
  }

  Mutex mutex_;
  std::string next_ PHAROX_GUARDED_BY(mutex_);  // empty before the first
  std::future<std::uint64_t> making_ PHAROX_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<rocksdb::Env> next_log_made_ahead(rocksdb::Env& base) {
  return rocksdb::NewCompositeEnv(std::make_shared<NextLog>(base.GetFileSystem()));
}

}  // namespace pharox::storage
