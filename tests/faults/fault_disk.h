// A disk that fails on purpose and loses power, under the real RocksDB (fault_file_system.h).
//
// The fault model. Every I/O counts, reads too, from whatever thread.
//
//   error         the N-th I/O fails with EIO and does nothing
//   short_write   the N-th I/O fails with EIO; if it writes, half of the bytes are written
//   full          the first one from the N-th on that takes space fails with ENOSPC, as a short
//                 write does; what takes none works
//   flip          the N-th read, counting reads alone, gives one bit that was not written; what
//                 is on the disk is right
//   power         the power goes during the N-th I/O; if it writes, half of the bytes are written.
//                 Every I/O behind it fails, and power_loss() says what is left
//
// Each happens once, or (sticky) from the N-th I/O on until heal(). limit_space() is a disk of so
// many free bytes, which fills up.
//
// What a power loss leaves of a file: everything that was synced, and of what was appended since
// nothing, all, or a part of any length that ends as it is, in zeroes, or in garbage; a manifest
// ends in no garbage, and in zeroes only behind a whole record, because RocksDB refuses one that
// does. Files are independent of each other. Of a file that was changed in place: each byte as it
// was last synced, or as it was last written, changing over at one place.
//
// What it leaves of a folder: the creations, renames and deletions that a sync of the folder
// followed, and the first few of the others, in order, as a file system with a metadata journal
// does. Syncing a file does not make its name durable.
//
// Not modelled: a sync that reports success and did nothing; damage at rest, nor a misread that
// repeats itself, which is the same to a reader.
//
// The files are real ones, in a folder that should be in memory: what is "not on the disk" is a
// matter of book-keeping, and a power loss is played by cutting files and undoing renames. Files
// that were there before the disk is made are durable.
//
// Thread safety: mutex() is held around each call but the constructor.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pharox::tests {

enum class Fault { none, error, short_write, full, flip, power };

struct FaultPlan {
  Fault fault = Fault::none;
  std::uint64_t at = 0;  // the number of the I/O, from 1
  bool sticky = false;
};

enum class Io { read, write, create, other };

struct OpenFile {
  std::uint64_t size = 0;
  std::uint64_t durable = 0;                // of them, from the front
  std::optional<std::string> synced_image;  // of a file that is changed in place
};
using OpenFilePointer = std::shared_ptr<OpenFile>;

class FaultDisk {
 public:
  FaultDisk(std::filesystem::path root, std::uint64_t seed);

  std::mutex& mutex() { return mutex_; }

  // -- What the test does ------------------------------------------------------------------------
  void plan(const FaultPlan& plan) {
    plan_ = plan;
    struck_ = false;
    struck_file_.clear();
  }
  void limit_space(std::uint64_t bytes) { space_ = bytes; }
  void heal();
  // Until the power is cut, syncs of files wait: what is written stays undurable.
  void hold_syncs() { holds_syncs_ = true; }
  bool holds_syncs() const { return holds_syncs_ && !power_is_out_; }
  // From now on every I/O fails.
  void cut_power() { power_is_out_ = true; }
  // Takes away what was not durable, and turns the power on again. No file may be open.
  void power_loss();
  std::uint64_t ios() const { return ios_; }
  std::uint64_t reads() const { return reads_; }
  std::uint64_t bytes() const { return bytes_; }
  bool has_struck() const { return struck_; }
  // What the first one struck; empty: none has.
  const std::string& struck_file() const { return struck_file_; }

  // -- What the file system asks and tells -------------------------------------------------------
  struct Verdict {
    Fault fault = Fault::none;
    std::uint64_t bytes = 0;  // that are written all the same
    std::uint64_t bit = 0;    // that is flipped, of as many as were read
  };
  Verdict next_io(Io io, const std::string& path, std::uint64_t bytes = 0);

  // Before a file is created anew: an old one of that name goes.
  void make_way(const std::string& path);
  OpenFilePointer created(const std::string& path);
  OpenFilePointer opened(const std::string& path);
  void appended(OpenFile& file, std::uint64_t bytes) { file.size += bytes; }
  void synced(OpenFile& file) { file.durable = file.size; }
  // The calls that follow do as they say on the real folder, but keep what can come back.
  void remove(const std::string& path);
  void rename(const std::string& from, const std::string& to);
  void synced_folder(const std::string& path);

 private:
  struct NameChange {
    std::string from;  // empty: `to` was created
    std::string to;    // empty: `from` was removed
    std::string kept;  // where the file lies that lost its name by it
  };
  std::string keep(const std::string& path);
  void undo(const NameChange& change);
  void lose_bytes(const std::string& path, const OpenFile& file);
  void move_entry(const std::string& from, const std::string& to);

  const std::filesystem::path root_;
  const std::filesystem::path kept_;  // beside the root
  std::mutex mutex_;
  std::mt19937_64 random_;
  FaultPlan plan_;
  std::optional<std::uint64_t> space_;
  std::uint64_t ios_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t kept_count_ = 0;
  std::atomic<bool> holds_syncs_ = false;
  std::atomic<bool> power_is_out_ = false;
  bool struck_ = false;
  std::string struck_file_;
  std::map<std::string, OpenFilePointer> files_;
  std::map<std::string, std::vector<NameChange>> unsynced_names_;  // by folder
};

}  // namespace pharox::tests
