#include "storage/rocks_log_scan.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/rocks_checksum.h"
#include "storage/rocks_status.h"

namespace pharox::storage {
namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;
constexpr std::size_t kBatchHeader = 12;

enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
  std::uint8_t type;
  std::string_view payload;
  std::size_t size() const { return kHeader + payload.size(); }
};

std::optional<Fragment> fragment_at(std::string_view block, std::size_t offset) {
  if (block.size() - offset < kHeader) return std::nullopt;
  const auto type = number_at<std::uint8_t>(block, offset + 6);
  const auto length = number_at<std::uint16_t>(block, offset + 4);
  if (type < kFull || type > kLast || block.size() - offset - kHeader < length) return std::nullopt;
  const std::string_view sealed = block.substr(offset + 6, std::size_t{1} + length);
  if (masked_crc32c(sealed) != number_at<std::uint32_t>(block, offset)) {
    return std::nullopt;
  }
  return Fragment{type, sealed.substr(1)};
}

// Gets each record, in fragments that are whole.
using RecordSink = std::function<void(std::string_view record)>;

class Scanner {
 public:
  // With a sink, the scan goes on behind every damage and the sink gets each record.
  explicit Scanner(RecordSink sink = {}) : sink_(std::move(sink)) {}

  // Whether to go on.
  bool take_block(std::string_view block, std::uint64_t start) {
    for (std::size_t offset = 0; offset < block.size();) {
      if (kBlock - offset < kHeader) {
        // Too small for a fragment, and so zeroes.
        if (block.find_first_not_of('\0', offset) != block.npos) stop(start + offset);
        break;
      }
      const auto fragment = fragment_at(block, offset);
      if (!fragment) {
        stop(record_open_ ? record_start_ : start + offset);
        record_open_ = false;
        if (block_of_damage_ != start && block_of_damage_ != kNone && !sink_) break;
        block_of_damage_ = start;
        ++offset;
        continue;
      }
      take_fragment(*fragment, start + offset);
      if (scan_.resumes != 0 && !sink_) return false;
      offset += fragment->size();
    }
    return true;
  }

  LogScan finish() {
    if (record_open_) stop(record_start_);
    return scan_;
  }

 private:
  static constexpr std::uint64_t kNone = UINT64_MAX;

  void take_fragment(const Fragment& fragment, std::uint64_t offset) {
    const bool begins = fragment.type == kFull || fragment.type == kFirst;
    if (begins == record_open_) {  // a record within a record, or the rest of none
      stop(record_open_ ? record_start_ : offset);
      record_open_ = false;
    }
    if (begins) {
      record_open_ = true;
      record_start_ = offset;
      head_.clear();
    }
    if (!record_open_) return;
    head_.append(sink_ ? fragment.payload
                       : fragment.payload.substr(0, kBatchHeader - head_.size()));
    if (fragment.type == kFull || fragment.type == kLast) take_record();
  }

  void take_record() {
    record_open_ = false;
    if (head_.size() < kBatchHeader) return stop(record_start_);
    if (sink_) sink_(head_);
    const auto sequence = number_at<std::uint64_t>(head_, 0);
    if (!scan_.stops_at && scan_.first != 0 && sequence != scan_.next) stop(record_start_);
    if (scan_.stops_at) {
      scan_.resumes = sequence;
      return;
    }
    if (scan_.first == 0) scan_.first = sequence;
    scan_.next = sequence + number_at<std::uint32_t>(head_, 8);
  }

  void stop(std::uint64_t offset) {
    if (!scan_.stops_at) scan_.stops_at = offset;
  }

  const RecordSink sink_;
  LogScan scan_;
  std::uint64_t block_of_damage_ = kNone;  // the only one that is searched at every offset
  bool record_open_ = false;
  std::uint64_t record_start_ = 0;
  // Of the record that is open, as far as it was read: its batch header, or for a sink all of it.
  std::string head_;
};

LogScan scan(rocksdb::FileSystem& files, const std::filesystem::path& path, Scanner scanner) {
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  check(files.NewSequentialFile(path.string(), {}, &file, nullptr), "read", path);
  std::string block;
  std::array<char, kBlock> buffer{};
  for (std::uint64_t start = 0;; start += kBlock) {
    block.clear();
    while (block.size() < kBlock) {  // a read may be short before the end
      rocksdb::Slice part;
      check(file->Read(kBlock - block.size(), {}, &part, buffer.data(), nullptr), "read", path);
      if (part.empty()) break;
      block.append(part.data(), part.size());
    }
    if (block.empty() || !scanner.take_block(block, start) || block.size() < kBlock) break;
  }
  return scanner.finish();
}

template <class Number>
void append_number(std::string& bytes, Number number) {
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append_record(std::string& log, std::string_view record) {
  for (bool first = true, last = false; !last; first = false) {
    std::size_t left = kBlock - log.size() % kBlock;
    if (left < kHeader) {
      log.append(left, '\0');
      left = kBlock;
    }
    const std::string_view part = record.substr(0, left - kHeader);
    record.remove_prefix(part.size());
    last = record.empty();
    std::string sealed(
        1, static_cast<char>(first ? (last ? kFull : kFirst) : (last ? kLast : kMiddle)));
    sealed += part;
    append_number(log, masked_crc32c(sealed));
    append_number(log, static_cast<std::uint16_t>(part.size()));
    log += sealed;
  }
}

}  // namespace

LogScan scan_log(rocksdb::FileSystem& files, const std::filesystem::path& path) {
  return scan(files, path, Scanner());
}

std::string mended_log(rocksdb::FileSystem& files, const std::filesystem::path& path) {
  std::string log;
  scan(files, path, Scanner([&](std::string_view record) { append_record(log, record); }));
  return log;
}

}  // namespace pharox::storage
