#include "tools/new_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pharox/errors.h"
#include "tools/inspect/verification.h"
#include "tools/output.h"

namespace pharox::tools {

namespace fs = std::filesystem;

namespace {

void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!synced) {
    throw StorageError(fmt::format("cannot write {}: {}", folder.string(), std::strerror(error)));
  }
}

}  // namespace

void require_sound_store(const fs::path& folder) {
  const auto reader = storage::StoreReader::open(folder);
  const Verification result = verify(*reader);
  if (result.findings.empty()) return;
  for (const Finding& finding : result.findings) {
    note("{} {}: {}", finding.place, finding.key, finding.reason);
  }
  throw PharoxError("the records contradict each other");
}

void become_store(const FolderBeside& folder, const fs::path& store) {
  std::error_code error;
  fs::rename(folder.path(), store, error);
  if (error) {
    throw StorageError(fmt::format("cannot rename {} to {}: {}", folder.path().string(),
                                   store.string(), error.message()));
  }
  sync_folder(store.parent_path());
}

}  // namespace pharox::tools
