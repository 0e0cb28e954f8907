#include "storage/rocks_private_files.h"

#include <rocksdb/file_system.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace pharox::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// A new file is narrowed before anything is written into it. Until then nobody else can have opened
// it: it lies in a folder that is 0700.
class PrivateFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;

  const char* Name() const override { return "PharoxPrivateFiles"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    return narrowed(target()->NewWritableFile(name, options, file, debug), name, kFileMode);
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* debug) override {
    return narrowed(target()->ReopenWritableFile(name, options, file, debug), name, kFileMode);
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* debug) override {
    return narrowed(target()->ReuseWritableFile(name, old_name, options, file, debug), name,
                    kFileMode);
  }
  IOStatus NewRandomRWFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                           IODebugContext* debug) override {
    return narrowed(target()->NewRandomRWFile(name, options, file, debug), name, kFileMode);
  }
  IOStatus LockFile(const std::string& name, const IOOptions& options, rocksdb::FileLock** lock,
                    IODebugContext* debug) override {
    return narrowed(target()->LockFile(name, options, lock, debug), name, kFileMode);
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& options,
                     IODebugContext* debug) override {
    return narrowed(target()->CreateDir(name, options, debug), name, kFolderMode);
  }

 private:
  static constexpr mode_t kFileMode = 0600;
  static constexpr mode_t kFolderMode = 0700;

  static IOStatus narrowed(IOStatus created, const std::string& name, mode_t mode) {
    if (!created.ok() || ::chmod(name.c_str(), mode) == 0) return created;
    // A file system below that is not the operating system's has its own ways.
    if (errno == ENOENT) return created;
    return IOStatus::IOError("cannot make private: " + name,
                             std::generic_category().message(errno));
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> private_files(rocksdb::Env& base) {
  return rocksdb::NewCompositeEnv(std::make_shared<PrivateFiles>(base.GetFileSystem()));
}

}  // namespace pharox::storage
