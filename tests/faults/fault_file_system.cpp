#include "tests/faults/fault_file_system.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

namespace pharox::tests {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

using Lock = std::lock_guard<std::mutex>;

IOStatus status_of(Fault fault, const std::string& path) {
  switch (fault) {
    case Fault::none:
    case Fault::flip:
      return IOStatus::OK();
    case Fault::full:
      return IOStatus::NoSpace("injected", path);
    case Fault::power:
      return IOStatus::IOError("injected: the power is out", path);
    case Fault::error:
    case Fault::short_write:
      break;
  }
  return IOStatus::IOError("injected", path);
}

void flip(std::uint64_t bit, const Slice& read) {
  if (read.empty()) return;
  bit %= read.size() * 8;
  // What was read lies in the caller's buffer.
  const_cast<char&>(read.data()[bit / 8]) ^= static_cast<char>(1u << (bit % 8));
}

class WritableFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WritableFile(std::unique_ptr<rocksdb::FSWritableFile> target, FaultDisk& disk,
               OpenFilePointer file, std::string path)
      : FSWritableFileOwnerWrapper(std::move(target)),
        disk_(disk),
        file_(std::move(file)),
        path_(std::move(path)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::write, path_, data.size());
    const bool fails = verdict.fault != Fault::none;
    const Slice written(data.data(), fails ? verdict.bytes : data.size());
    if (written.empty() && fails) return status_of(verdict.fault, path_);
    const IOStatus status = FSWritableFileOwnerWrapper::Append(written, options, dbg);
    if (status.ok()) disk_.appended(*file_, written.size());
    return status.ok() ? status_of(verdict.fault, path_) : status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path_);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path_);
    file_->size = std::min<std::uint64_t>(file_->size, size);
    file_->durable = std::min<std::uint64_t>(file_->durable, size);
    return FSWritableFileOwnerWrapper::Truncate(size, options, dbg);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // makes nothing durable
  }
  IOStatus Close(const IOOptions& options, IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path_);
    const IOStatus status = FSWritableFileOwnerWrapper::Close(options, dbg);
    return verdict.fault != Fault::none ? status_of(verdict.fault, path_) : status;
  }

 private:
  IOStatus sync() {
    while (disk_.holds_syncs()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path_);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path_);
    disk_.synced(*file_);
    return IOStatus::OK();
  }

  FaultDisk& disk_;
  const OpenFilePointer file_;
  const std::string path_;
};

// A file that is opened to be changed in place, or only to be synced.
class ReadWriteFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  ReadWriteFile(std::unique_ptr<rocksdb::FSRandomRWFile> target, FaultDisk& disk,
                OpenFilePointer file, std::string path)
      : FSRandomRWFileOwnerWrapper(std::move(target)),
        disk_(disk),
        file_(std::move(file)),
        path_(std::move(path)) {}

  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions& options,
                 IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    if (!file_->synced_image) keep_image();
    const auto verdict = disk_.next_io(Io::write, path_, data.size());
    const bool fails = verdict.fault != Fault::none;
    const Slice written(data.data(), fails ? verdict.bytes : data.size());
    const IOStatus status = FSRandomRWFileOwnerWrapper::Write(offset, written, options, dbg);
    return fails ? status_of(verdict.fault, path_) : status;
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }

 private:
  IOStatus sync() {
    while (disk_.holds_syncs()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path_);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path_);
    disk_.synced(*file_);
    if (file_->synced_image) keep_image();
    return IOStatus::OK();
  }
  void keep_image() {
    std::ifstream file(path_, std::ios::binary);
    file_->synced_image.emplace(std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>());
  }

  FaultDisk& disk_;
  const OpenFilePointer file_;
  const std::string path_;
};

class SequentialFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  SequentialFile(std::unique_ptr<rocksdb::FSSequentialFile> target, FaultDisk& disk,
                 std::string path)
      : FSSequentialFileOwnerWrapper(std::move(target)), disk_(disk), path_(std::move(path)) {}

  IOStatus Read(size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::read, path_);
    *result = Slice();
    const IOStatus injected = status_of(verdict.fault, path_);
    if (!injected.ok()) return injected;
    const IOStatus status = FSSequentialFileOwnerWrapper::Read(n, options, result, scratch, dbg);
    if (status.ok() && verdict.fault == Fault::flip) flip(verdict.bit, *result);
    return status;
  }

 private:
  FaultDisk& disk_;
  const std::string path_;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  RandomAccessFile(std::unique_ptr<rocksdb::FSRandomAccessFile> target, FaultDisk& disk,
                   std::string path)
      : FSRandomAccessFileOwnerWrapper(std::move(target)), disk_(disk), path_(std::move(path)) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::read, path_);
    *result = Slice();
    const IOStatus injected = status_of(verdict.fault, path_);
    if (!injected.ok()) return injected;
    const IOStatus status =
        FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, dbg);
    if (status.ok() && verdict.fault == Fault::flip) flip(verdict.bit, *result);
    return status;
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    for (size_t i = 0; i < count; ++i) {
      auto& each = requests[i];
      each.status = Read(each.offset, each.len, options, &each.result, each.scratch, dbg);
    }
    return IOStatus::OK();
  }
  IOStatus Prefetch(uint64_t, size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("prefetch");
  }

 private:
  FaultDisk& disk_;
  const std::string path_;
};

class Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory> target, FaultDisk& disk, std::string path)
      : FSDirectoryWrapper(std::move(target)), disk_(disk), path_(std::move(path)) {
    while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
  }

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path_);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path_);
    disk_.synced_folder(path_);
    return IOStatus::OK();
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* dbg,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, dbg);
  }

 private:
  FaultDisk& disk_;
  std::string path_;
};

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(FaultDisk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}

  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext* dbg) override {
    return opened<SequentialFile>(path, result, [&](auto* target) {
      return FileSystemWrapper::NewSequentialFile(path, options, target, dbg);
    });
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext* dbg) override {
    return opened<RandomAccessFile>(path, result, [&](auto* target) {
      return FileSystemWrapper::NewRandomAccessFile(path, options, target, dbg);
    });
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions& options,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext* dbg) override {
    return opened<Folder>(path, result, [&](auto* target) {
      return FileSystemWrapper::NewDirectory(path, options, target, dbg);
    });
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* dbg) override {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::create, path);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path);
    disk_.make_way(path);
    std::unique_ptr<rocksdb::FSWritableFile> target;
    const IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &target, dbg);
    if (status.ok()) {
      *result = std::make_unique<WritableFile>(std::move(target), disk_, disk_.created(path), path);
    }
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* dbg) override {
    return opened_to_write<WritableFile>(path, result, [&](auto* target) {
      return FileSystemWrapper::ReopenWritableFile(path, options, target, dbg);
    });
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("files that are written anew in place");
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                           IODebugContext* dbg) override {
    return opened_to_write<ReadWriteFile>(path, result, [&](auto* target) {
      return FileSystemWrapper::NewRandomRWFile(path, options, target, dbg);
    });
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* dbg) override {
    return changed(path, [&] {
      if (!std::filesystem::exists(path)) return FileSystemWrapper::DeleteFile(path, options, dbg);
      disk_.remove(path);
      return IOStatus::OK();
    });
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    return changed(to, [&] {
      // A folder, or an error.
      if (!std::filesystem::is_regular_file(from)) {
        return FileSystemWrapper::RenameFile(from, to, options, dbg);
      }
      disk_.rename(from, to);
      return IOStatus::OK();
    });
  }
  IOStatus LinkFile(const std::string&, const std::string&, const IOOptions&,
                    IODebugContext*) override {
    return IOStatus::NotSupported("links");
  }
  IOStatus Truncate(const std::string&, size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("truncating by name");
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions& options,
                              IODebugContext* dbg) override {
    return changed(path, [&] { return FileSystemWrapper::CreateDirIfMissing(path, options, dbg); });
  }
  IOStatus FileExists(const std::string& path, const IOOptions& options,
                      IODebugContext* dbg) override {
    return changed(path, [&] { return FileSystemWrapper::FileExists(path, options, dbg); });
  }
  IOStatus GetChildren(const std::string& path, const IOOptions& options,
                       std::vector<std::string>* names, IODebugContext* dbg) override {
    return changed(path, [&] { return FileSystemWrapper::GetChildren(path, options, names, dbg); });
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions& options, uint64_t* size,
                       IODebugContext* dbg) override {
    return changed(path, [&] { return FileSystemWrapper::GetFileSize(path, options, size, dbg); });
  }

 private:
  template <class File, class Target, class Open>
  IOStatus opened(const std::string& path, std::unique_ptr<Target>* result, const Open& open) {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path);
    std::unique_ptr<Target> target;
    const IOStatus status = open(&target);
    if (status.ok()) *result = std::make_unique<File>(std::move(target), disk_, path);
    return status;
  }
  // One that is kept when it is there.
  template <class File, class Target, class Open>
  IOStatus opened_to_write(const std::string& path, std::unique_ptr<Target>* result,
                           const Open& open) {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::create, path);
    if (verdict.fault != Fault::none) return status_of(verdict.fault, path);
    const bool is_there = std::filesystem::exists(path);
    std::unique_ptr<Target> target;
    const IOStatus status = open(&target);
    if (status.ok()) {
      *result = std::make_unique<File>(std::move(target), disk_,
                                       is_there ? disk_.opened(path) : disk_.created(path), path);
    }
    return status;
  }
  template <class Change>
  IOStatus changed(const std::string& path, const Change& change) {
    const Lock lock(disk_.mutex());
    const auto verdict = disk_.next_io(Io::other, path);
    return verdict.fault != Fault::none ? status_of(verdict.fault, path) : change();
  }

  FaultDisk& disk_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> environment_of(FaultDisk& disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(disk));
}

}  // namespace pharox::tests
