// What a write-ahead log holds, seen without opening the database: opening replays a log up to the
// first place that is not whole, then deletes it, and says nothing.
//
// The format is that of LevelDB: blocks of 32 KiB, in them fragments of a header (checksum 4,
// length 2, type 1) and a payload. A record is one full fragment, or a first, some middle and a
// last one. Its payload begins with the sequence number of its first row change (8) and how many
// changes it has (4).
//
// 1. Read fragments one after another while their checksums are right, and records while each
//    continues the one before it.
// 2. At the first place where that fails, look for a record behind it: at every offset of that
//    block, then from the beginning of each later one. Zeroes and scraps are what a power loss
//    leaves of the record that was being written; a whole record behind them it cannot leave, if
//    every record was synced before the next was begun.
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace pharox::storage {

struct LogScan {
  std::uint64_t first = 0;  // sequence number of the first change; 0: no record can be read
  std::uint64_t next = 0;   // the sequence number behind the last record before `stops_at`
  // The offset of the first byte that belongs to no record. None: whole to its end.
  std::optional<std::uint64_t> stops_at{};
  std::uint64_t resumes = 0;  // sequence number of the first record behind that; 0: none
};

// Memory: one block. Throws StorageError when the file cannot be read.
LogScan scan_log(rocksdb::FileSystem& files, const std::filesystem::path& path);

// A log of all the records that can be read in this one, before and behind what is damaged: one
// that is whole. Memory: that of the log. Throws StorageError when the file cannot be read.
std::string mended_log(rocksdb::FileSystem& files, const std::filesystem::path& path);

}  // namespace pharox::storage
