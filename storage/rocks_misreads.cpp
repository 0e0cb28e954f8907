#include "storage/rocks_misreads.h"

#include <utility>

namespace pharox::storage {
namespace {

using rocksdb::IOStatus;

class TwiceReadFile final : public rocksdb::FSSequentialFileOwnerWrapper {
 public:
  TwiceReadFile(std::unique_ptr<rocksdb::FSSequentialFile> file,
                std::unique_ptr<rocksdb::FSRandomAccessFile> again, std::string name)
      : FSSequentialFileOwnerWrapper(std::move(file)),
        again_(std::move(again)),
        name_(std::move(name)) {}

  IOStatus Read(std::size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result,
                char* scratch, rocksdb::IODebugContext* debug) override {
    IOStatus status = FSSequentialFileOwnerWrapper::Read(size, options, result, scratch, debug);
    if (!status.ok()) return status;
    const std::uint64_t offset = std::exchange(offset_, offset_ + result->size());
    return read_again(*again_, offset, *result, name_);
  }
  IOStatus Skip(std::uint64_t size) override {
    offset_ += size;
    return FSSequentialFileOwnerWrapper::Skip(size);
  }

 private:
  const std::unique_ptr<rocksdb::FSRandomAccessFile> again_;
  const std::string name_;
  std::uint64_t offset_ = 0;
};

class TwiceReadFiles final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "pharox.TwiceReadFiles"; }

  IOStatus NewSequentialFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSSequentialFile> opened;
    std::unique_ptr<rocksdb::FSRandomAccessFile> again;
    IOStatus status = target()->NewSequentialFile(name, options, &opened, debug);
    if (status.ok()) status = target()->NewRandomAccessFile(name, options, &again, debug);
    if (!status.ok()) return status;
    *file = std::make_unique<TwiceReadFile>(std::move(opened), std::move(again), name);
    return status;
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> read_twice(rocksdb::Env& env) {
  return rocksdb::NewCompositeEnv(std::make_shared<TwiceReadFiles>(env.GetFileSystem()));
}

IOStatus read_again(rocksdb::FSRandomAccessFile& file, std::uint64_t offset,
                    const rocksdb::Slice& first, const std::string& name) {
  if (first.empty()) return IOStatus::OK();
  std::string buffer(first.size(), '\0');
  rocksdb::Slice second;
  IOStatus status = file.Read(offset, first.size(), {}, &second, buffer.data(), nullptr);
  if (!status.ok() || second == first) return status;
  return IOStatus::IOError("misread: two readings differ", name);
}

}  // namespace pharox::storage
