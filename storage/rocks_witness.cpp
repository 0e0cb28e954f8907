#include "storage/rocks_witness.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "format/crc32c.h"
#include "pharox/errors.h"
#include "storage/rocks_checksum.h"
#include "storage/rocks_status.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = std::size_t{64} << 10;
// More logs than a store ever has; if it has them, the later ones are not listed.
constexpr std::size_t kMaxLogs = 1024;
constexpr std::string_view kTitle = "pharox witness 1\n";
constexpr std::string_view kChecksum = "checksum ";

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// The words of a line that must begin with `name`.
template <class... Words>
bool read_line(std::istream& lines, std::string_view name, Words&... words) {
  std::string first;
  lines >> first;
  ((lines >> words), ...);
  return !lines.fail() && first == name;
}

// The change that a log begins with; 0 when it has none. The header of a record is followed by the
// sequence number of its first change.
std::uint64_t first_change(rocksdb::FileSystem& files, const fs::path& path) {
  constexpr std::size_t kOffset = 7;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  check(files.NewSequentialFile(path.string(), {}, &file, nullptr), "read", path);
  std::array<char, kOffset + sizeof(std::uint64_t)> buffer{};
  rocksdb::Slice part;
  check(file->Read(buffer.size(), {}, &part, buffer.data(), nullptr), "read", path);
  if (part.size() != buffer.size()) return 0;
  return number_at<std::uint64_t>(part.ToStringView(), kOffset);
}

}  // namespace

std::string to_text(const Witness& witness) {
  std::ostringstream text;
  text << kTitle << "sequence " << witness.sequence << "\nsynced " << witness.every_commit_synced
       << "\nhistory_first " << witness.history_first << "\nmanifest " << witness.manifest << ' '
       << witness.manifest_size << ' ' << witness.manifest_checksum << "\nlogs_from "
       << witness.min_log << '\n';
  for (const Witness::Log& log : witness.logs) {
    text << "log " << log.number << ' ' << log.first << '\n';
  }
  const std::string sealed = text.str();
  return sealed + std::string(kChecksum) + std::to_string(format::crc32c(sealed)) + '\n';
}

std::optional<Witness> parse_witness(std::string_view text) {
  const std::size_t seal = text.rfind(kChecksum);
  if (seal == text.npos || text.size() > kMaxBytes || !text.starts_with(kTitle)) {
    return std::nullopt;
  }
  std::istringstream lines(std::string(text.substr(kTitle.size(), seal - kTitle.size())));
  Witness witness;
  if (!read_line(lines, "sequence", witness.sequence) ||
      !read_line(lines, "synced", witness.every_commit_synced) ||
      !read_line(lines, "history_first", witness.history_first) ||
      !read_line(lines, "manifest", witness.manifest, witness.manifest_size,
                 witness.manifest_checksum) ||
      !read_line(lines, "logs_from", witness.min_log)) {
    return std::nullopt;
  }
  for (Witness::Log log; read_line(lines, "log", log.number, log.first);) {
    witness.logs.push_back(log);
  }
  // There is one way to write it: so this checks the checksum, and every byte between the words.
  if (to_text(witness) != text) return std::nullopt;
  return witness;
}

std::optional<Witness> read_witness(rocksdb::FileSystem& files, const fs::path& folder) {
  const fs::path path = witness_file(folder);
  const rocksdb::IOStatus there = files.FileExists(path.string(), {}, nullptr);
  if (there.IsNotFound()) return std::nullopt;
  check(there, "read", path);
  std::uint64_t size = 0;
  check(files.GetFileSize(path.string(), {}, &size, nullptr), "read", path);
  std::string text;
  if (size <= kMaxBytes) check(ReadFileToString(&files, path.string(), &text), "read", path);
  auto witness = parse_witness(text);
  if (!witness) {
    throw CorruptionError("the file " + path.string() +
                          " is damaged: how far the store once reached is not known");
  }
  return witness;
}

void write_witness(rocksdb::FileSystem& files, const fs::path& folder, const Witness& witness) {
  const fs::path path = witness_file(folder);
  const fs::path written = path.string() + ".tmp";
  try {
    check(WriteStringToFile(&files, to_text(witness), written.string(), true), "write", written);
    check(files.RenameFile(written.string(), path.string(), {}, nullptr), "write", path);
    sync_folder(files, folder);
  } catch (const StorageError&) {
    files.DeleteFile(written.string(), {}, nullptr).PermitUncheckedError();
    throw;
  }
}

void observe_manifest(rocksdb::FileSystem& files, const fs::path& folder,
                      const std::string& manifest, std::uint64_t size, Witness& witness) {
  if (witness.manifest != manifest || witness.manifest_size > size) {
    witness.manifest = manifest;
    witness.manifest_size = 0;
    witness.manifest_checksum = 0;
  }
  const fs::path path = database_folder(folder) / manifest;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  check(files.NewSequentialFile(path.string(), {}, &file, nullptr), "read", path);
  check(file->Skip(witness.manifest_size), "read", path);
  std::string buffer(std::size_t{64} << 10, '\0');
  while (witness.manifest_size < size) {
    rocksdb::Slice part;
    const auto wanted = std::min<std::uint64_t>(buffer.size(), size - witness.manifest_size);
    check(file->Read(wanted, {}, &part, buffer.data(), nullptr), "read", path);
    if (part.empty()) return;  // shorter than it should be
    witness.manifest_checksum =
        format::crc32c({part.data(), part.size()}, witness.manifest_checksum);
    witness.manifest_size += part.size();
  }
}

void observe_logs(rocksdb::FileSystem& files, const fs::path& folder, std::uint64_t min_log,
                  Witness& witness) {
  witness.min_log = min_log;
  witness.logs.clear();
  for (const std::uint64_t number : log_numbers(files, folder, min_log)) {
    if (witness.logs.size() == kMaxLogs) return;
    const std::uint64_t first = first_change(files, log_file(folder, number));
    // What is not known to be synced may be lost with its log.
    if (first != 0 && first <= witness.sequence) witness.logs.push_back({number, first});
  }
}

void write_witness_of_copy(rocksdb::FileSystem& files, const fs::path& folder,
                           std::uint64_t sequence) {
  Witness witness{.sequence = sequence};
  const std::string manifest = current_manifest(files, folder);
  const fs::path path = database_folder(folder) / manifest;
  std::uint64_t size = 0;
  check(files.GetFileSize(path.string(), {}, &size, nullptr), "read", path);
  observe_manifest(files, folder, manifest, size, witness);
  observe_logs(files, folder, 0, witness);
  write_witness(files, folder, witness);
}

void sync_folder(rocksdb::FileSystem& files, const fs::path& folder) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  check(files.NewDirectory(folder.string(), {}, &directory, nullptr), "write", folder);
  check(directory->Fsync({}, nullptr), "write", folder);
}

std::vector<std::uint64_t> log_numbers(rocksdb::FileSystem& files, const fs::path& folder,
                                       std::uint64_t min_log) {
  constexpr std::string_view kSuffix = ".log";
  const fs::path database = database_folder(folder);
  std::vector<std::string> names;
  check(files.GetChildren(database.string(), {}, &names, nullptr), "read", database);
  std::vector<std::uint64_t> numbers;
  for (const std::string_view name : names) {
    std::uint64_t number = 0;
    if (name.ends_with(kSuffix) &&
        parse_number(name.substr(0, name.size() - kSuffix.size()), number) && number >= min_log) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

fs::path log_file(const fs::path& folder, std::uint64_t number) {
  const std::string digits = std::to_string(number);
  const std::string zeroes(digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return database_folder(folder) / (zeroes + digits + ".log");
}

std::string current_manifest(rocksdb::FileSystem& files, const fs::path& folder) {
  const fs::path path = database_folder(folder) / "CURRENT";
  std::uint64_t size = 0;
  check(files.GetFileSize(path.string(), {}, &size, nullptr), "read", path);
  std::string text;
  if (size < 64) check(ReadFileToString(&files, path.string(), &text), "read", path);
  if (!text.starts_with("MANIFEST-") || text.find_first_of("/\n") + 1 != text.size()) {
    throw CorruptionError("the file " + path.string() + " is damaged: it names no manifest");
  }
  text.pop_back();
  return text;
}

}  // namespace pharox::storage
