#include "tests/tools/pharox_command.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace pharox::tests {

namespace {

[[noreturn]] void run_child(std::vector<char*> arguments, const std::filesystem::path& streams) {
  const auto redirect = [&](const char* name, int flags, int to) {
    const int file = ::open((streams / name).c_str(), flags | O_CREAT, 0600);
    if (file < 0 || ::dup2(file, to) < 0) ::_exit(126);
  };
  redirect("in", O_RDONLY, STDIN_FILENO);
  redirect("out", O_WRONLY, STDOUT_FILENO);
  redirect("err", O_WRONLY, STDERR_FILENO);
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

RunningCommand::RunningCommand(const std::vector<std::string>& arguments,
                               const std::string& input) {
  write_file(streams_.path() / "in", input);
  std::vector<std::string> all{PHAROX_COMMAND};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) run_child(std::move(pointers), streams_.path());
}

RunningCommand::~RunningCommand() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string RunningCommand::err() const { return read_file(streams_.path() / "err"); }

bool RunningCommand::await(const std::string& text) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (err().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

void RunningCommand::send(int signal) const { ::kill(pid_, signal); }

CommandResult RunningCommand::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .out = read_file(streams_.path() / "out"),
          .err = err()};
}

CommandResult pharox(const std::vector<std::string>& arguments, const std::string& input) {
  return RunningCommand(arguments, input).wait();
}

}  // namespace pharox::tests
