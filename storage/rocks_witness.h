// The witness: what a store's files must show, kept beside the database.
//
// RocksDB cannot tell a torn tail from lost data. It replays a log up to the first record that is
// not whole; it takes a manifest that lost its end, or a log that is gone, for one that never was
// longer. So a small file of ours says how far everything once reached:
//
// - the sequence number of the last row change known to be synced; it never says more than is;
// - the manifest: how much of it was synced, and the checksum of that;
// - the logs that hold changes which are in no table file, and the change each begins with;
// - whether every commit was synced before the next one began;
// - from which end of a lease on the history is remembered, as far as that is known to be synced.
//
// It is written anew under another name and renamed, so it is there wholly, old or new; the old one
// says less, and nothing wrong. It is a line of text for each, with a checksum over all of them:
//
//   pharox witness 1
//   sequence 1234
//   synced 1
//   history_first 1
//   manifest MANIFEST-000005 1021 3735928559
//   logs_from 8
//   log 8 1001
//   checksum 305419896
//
// rocks_losses holds the files against it before the database is opened; rocks_witness_keeper
// writes it while the database is open.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pharox::storage {

struct Witness {
  struct Log {
    std::uint64_t number = 0;
    std::uint64_t first = 0;
    friend bool operator==(const Log&, const Log&) = default;
  };

  std::uint64_t sequence = 0;
  bool every_commit_synced = true;
  std::uint64_t history_first = 0;  // 0: not known
  std::string manifest{};
  std::uint64_t manifest_size = 0;
  std::uint32_t manifest_checksum = 0;
  std::uint64_t min_log = 0;  // logs before it hold nothing that is needed
  std::vector<Log> logs{};

  friend bool operator==(const Witness&, const Witness&) = default;
};

std::string to_text(const Witness& witness);
// Nullopt for anything but what to_text() gives.
std::optional<Witness> parse_witness(std::string_view text);

// Nullopt when there is none. Throws CorruptionError when it is damaged, StorageError when it
// cannot be read.
std::optional<Witness> read_witness(rocksdb::FileSystem& files,
                                    const std::filesystem::path& folder);

// Durable when it returns. Throws StorageError; the one before is then still there, or the new one.
void write_witness(rocksdb::FileSystem& files, const std::filesystem::path& folder,
                   const Witness& witness);

// Takes in that the database in `folder` has this manifest, of which `size` bytes are synced. Reads
// what was added since.
void observe_manifest(rocksdb::FileSystem& files, const std::filesystem::path& folder,
                      const std::string& manifest, std::uint64_t size, Witness& witness);
// Lists the logs from `min_log` on that begin with a change up to witness.sequence.
void observe_logs(rocksdb::FileSystem& files, const std::filesystem::path& folder,
                  std::uint64_t min_log, Witness& witness);

// For a copy of a store that nobody has open, such as a checkpoint: all its files are taken for
// synced, and `sequence` is that of its last change. Throws StorageError.
void write_witness_of_copy(rocksdb::FileSystem& files, const std::filesystem::path& folder,
                           std::uint64_t sequence);

// Makes durable which files a folder has. Throws StorageError.
void sync_folder(rocksdb::FileSystem& files, const std::filesystem::path& folder);

// The numbers of the logs from `min_log` on, in order. Throws StorageError.
std::vector<std::uint64_t> log_numbers(rocksdb::FileSystem& files,
                                       const std::filesystem::path& folder, std::uint64_t min_log);
std::filesystem::path log_file(const std::filesystem::path& folder, std::uint64_t number);
// The manifest that CURRENT names. Throws CorruptionError when it names none.
std::string current_manifest(rocksdb::FileSystem& files, const std::filesystem::path& folder);

}  // namespace pharox::storage
