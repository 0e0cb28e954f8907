#include "tools/folder_beside.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "pharox/errors.h"

namespace pharox::tools {

namespace fs = std::filesystem;

fs::path whole_path(const std::string& store) {
  const fs::path path = fs::weakly_canonical(fs::absolute(store));
  return path.has_filename() ? path : path.parent_path();
}

FolderBeside::FolderBeside(const fs::path& store, std::string_view purpose)
    : path_(fmt::format("{}.{}-{}", store.string(), purpose, ::getpid())) {
  if (::mkdir(path_.c_str(), 0700) != 0) {
    throw StorageError(fmt::format("cannot make {}: {}", path_.string(), std::strerror(errno)));
  }
}

FolderBeside::~FolderBeside() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace pharox::tools
