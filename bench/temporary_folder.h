// Where a contender's files go: a folder that is removed with what is in it. In TMPDIR, else in the
// current directory: not in /tmp, which is memory on many machines.
#pragma once

#include <filesystem>
#include <string_view>

namespace pharox::bench {

class TemporaryFolder {
 public:
  // Throws std::runtime_error.
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace pharox::bench
