#include "storage/rocks_table_guard.h"

#include <rocksdb/file_system.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/rocks_checksum.h"
#include "storage/rocks_misreads.h"

namespace pharox::storage {
namespace {

// The end of a table file, format version 5: the checksums' type (1), the places of the metaindex
// and of the index, padding, the version (4), the magic number (8). A place is an offset and a
// size; behind the bytes of a block stand its compression (1) and its checksum (4).
constexpr std::size_t kFooter = 53;
constexpr std::uint64_t kMagic = 0x88e241b785f4cff7u;
constexpr std::size_t kTrailer = 5;
constexpr std::uint64_t kMaxBlock = std::uint64_t{1} << 20;
constexpr std::string_view kProperties = "rocksdb.properties";

// How the blocks are checksummed. Stores of before 2026-11 have files of the first kind.
constexpr char kCrc32c = 1;
constexpr char kXxHash64 = 3;

struct Place {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 63 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}

std::optional<Place> take_place(std::string_view bytes) {
  const auto offset = take_varint(bytes);
  const auto size = offset ? take_varint(bytes) : std::nullopt;
  return size ? std::optional(Place{*offset, *size}) : std::nullopt;
}

// Over a block and its compression byte. Nullopt: not a kind that we write.
std::optional<std::uint32_t> checksum_of(char kind, std::string_view bytes) {
  if (kind == kCrc32c) return masked_crc32c(bytes);
  if (kind == kXxHash64) return static_cast<std::uint32_t>(XXH64(bytes.data(), bytes.size(), 0));
  return std::nullopt;
}

class TableFile {
 public:
  TableFile(rocksdb::FSRandomAccessFile& file, std::uint64_t size) : file_(file), size_(size) {}

  // Corruption only when everything up to the properties is sound and they are not: RocksDB checks
  // the rest before it reads it. Else an error of reading.
  rocksdb::IOStatus check_properties(const std::string& name) {
    const bool sound = has_sound_properties();
    if (!status_.ok() || sound) return status_;
    return rocksdb::IOStatus::Corruption("the properties are damaged", name);
  }
  // Where the properties begin, and behind them the metaindex and the footer; 0: not known.
  std::uint64_t properties() const { return properties_; }

 private:
  bool has_sound_properties() {
    if (size_ < kFooter) return true;
    const std::string footer = read(size_ - kFooter, kFooter);
    if (footer.size() != kFooter || number_at<std::uint64_t>(footer, kFooter - 8) != kMagic) {
      return true;
    }
    checksums_ = footer.front();
    const auto metaindex = take_place(std::string_view(footer).substr(1));
    const auto list = metaindex ? block(*metaindex) : std::nullopt;
    const std::size_t name = list ? list->find(kProperties) : std::string::npos;
    if (name == std::string::npos) return true;
    const auto place = take_place(std::string_view(*list).substr(name + kProperties.size()));
    if (!place || !block(*place)) return false;
    properties_ = place->offset;
    return true;
  }

  std::string read(std::uint64_t offset, std::size_t size) {
    std::string buffer(size, '\0');
    rocksdb::Slice part;
    const auto status = file_.Read(offset, size, {}, &part, buffer.data(), nullptr);
    if (status.ok()) return part.ToString();
    status_ = status;
    return {};
  }

  std::optional<std::string> block(const Place& place) {
    if (place.size > kMaxBlock || place.offset > size_ ||
        size_ - place.offset < place.size + kTrailer) {
      return std::nullopt;
    }
    std::string bytes = read(place.offset, place.size + kTrailer);
    if (bytes.size() != place.size + kTrailer) return std::nullopt;
    const auto stored = number_at<std::uint32_t>(bytes, place.size + 1);
    bytes.resize(place.size + 1);
    if (checksum_of(checksums_, bytes) != stored) return std::nullopt;
    bytes.pop_back();
    return bytes;
  }

  rocksdb::FSRandomAccessFile& file_;
  const std::uint64_t size_;
  char checksums_ = 0;  // their kind
  std::uint64_t properties_ = 0;
  rocksdb::IOStatus status_;
};

class GuardedTable final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  GuardedTable(std::unique_ptr<rocksdb::FSRandomAccessFile> file, std::uint64_t properties,
               std::string name)
      : FSRandomAccessFileOwnerWrapper(std::move(file)),
        properties_(properties),
        name_(std::move(name)) {}

  rocksdb::IOStatus Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions& options,
                         rocksdb::Slice* result, char* scratch,
                         rocksdb::IODebugContext* debug) const override {
    auto status =
        FSRandomAccessFileOwnerWrapper::Read(offset, size, options, result, scratch, debug);
    if (!status.ok() || offset + result->size() <= properties_) return status;
    return read_again(*target(), offset, *result, name_);
  }

 private:
  const std::uint64_t properties_;
  const std::string name_;
};

class TableGuard final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "pharox.TableGuard"; }

  rocksdb::IOStatus NewRandomAccessFile(const std::string& name,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> opened;
    auto status = target()->NewRandomAccessFile(name, options, &opened, debug);
    if (!status.ok()) return status;
    if (name.ends_with(".sst") && !options.use_direct_reads) {
      std::uint64_t size = 0;
      status = target()->GetFileSize(name, {}, &size, debug);
      if (!status.ok()) return status;
      TableFile table(*opened, size);
      status = table.check_properties(name);
      if (!status.ok()) return status;
      opened = std::make_unique<GuardedTable>(std::move(opened), table.properties(), name);
    }
    *file = std::move(opened);
    return status;
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> guard_tables(rocksdb::Env& env) {
  return rocksdb::NewCompositeEnv(std::make_shared<TableGuard>(env.GetFileSystem()));
}

}  // namespace pharox::storage
