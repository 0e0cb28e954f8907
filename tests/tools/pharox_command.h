// Runs the built pharox command, as a shell would.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {

struct CommandResult {
  int exit_code = -1;  // 128 + the signal that ended it
  std::string out;
  std::string err;
};

// A command that is running. Killed, if it still is, when this goes.
class RunningCommand {
 public:
  explicit RunningCommand(const std::vector<std::string>& arguments, const std::string& input = {});
  ~RunningCommand();
  RunningCommand(const RunningCommand&) = delete;
  RunningCommand& operator=(const RunningCommand&) = delete;

  // What it has written to stderr so far.
  std::string err() const;

  // Waits until stderr holds `text`, at most 20 s. Whether it does.
  bool await(const std::string& text) const;

  void send(int signal) const;
  CommandResult wait();

 private:
  TempFolder streams_;
  pid_t pid_ = -1;
};

CommandResult pharox(const std::vector<std::string>& arguments, const std::string& input = {});

std::string read_file(const std::filesystem::path& path);
std::string write_file(const std::filesystem::path& path, const std::string& text);
std::size_t count_of(const std::string& text, const std::string& part);

}  // namespace pharox::tests
