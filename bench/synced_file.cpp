#include "bench/synced_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace pharox::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SyncedFile::SyncedFile()
    : file_(open(folder_.file("synced").c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (file_ < 0) fail("cannot create a file");
}

SyncedFile::~SyncedFile() { close(file_); }

void SyncedFile::append() {
  static constexpr std::array<char, kBytes> kRecord{};
  if (write(file_, kRecord.data(), kRecord.size()) != static_cast<ssize_t>(kRecord.size())) {
    fail("cannot append");
  }
  if (fdatasync(file_) != 0) fail("cannot sync");
}

}  // namespace pharox::bench
