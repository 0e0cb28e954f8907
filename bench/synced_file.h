// What does the disk ask for a promise? A few bytes behind the others in a file, and fdatasync: no
// commit that is promised to survive a power loss is faster.
#pragma once

#include <cstddef>

#include "bench/temporary_folder.h"

namespace pharox::bench {

// Throws std::system_error.
class SyncedFile {
 public:
  static constexpr std::size_t kBytes = 128;  // about one lease

  SyncedFile();
  ~SyncedFile();
  SyncedFile(const SyncedFile&) = delete;
  SyncedFile& operator=(const SyncedFile&) = delete;

  void append();

 private:
  const TemporaryFolder folder_;
  const int file_;
};

}  // namespace pharox::bench
