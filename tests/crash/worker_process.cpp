#include "tests/crash/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace pharox::tests {

using std::chrono::steady_clock;

WorkerProcess::WorkerProcess(const std::filesystem::path& folder, const std::string& durability,
                             std::uint64_t seed) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pipe_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  std::string words[] = {PHAROX_CRASH_WORKER, folder.string(), durability, std::to_string(seed)};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  const int failure = posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failure != 0) throw std::runtime_error(std::string("no worker: ") + std::strerror(failure));
}

WorkerProcess::~WorkerProcess() {
  if (pid_ != -1) kill();
  close(pipe_);
}

bool WorkerProcess::read_some(std::chrono::microseconds patience) {
  pollfd waiting{.fd = pipe_, .events = POLLIN, .revents = 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience);
  if (poll(&waiting, 1, static_cast<int>(milliseconds.count())) <= 0) return true;
  char buffer[1 << 16];
  const ssize_t count = read(pipe_, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR;
  if (count == 0) return false;
  bytes_.append(buffer, static_cast<std::size_t>(count));
  std::size_t used = 0;
  for (; bytes_.size() - used >= sizeof(Event); used += sizeof(Event)) {
    std::memcpy(&events_.emplace_back(), bytes_.data() + used, sizeof(Event));
  }
  bytes_.erase(0, used);
  return true;
}

void WorkerProcess::listen_for(std::chrono::microseconds time) {
  const auto deadline = steady_clock::now() + time;
  for (auto now = steady_clock::now(); now < deadline; now = steady_clock::now()) {
    if (!read_some(std::chrono::ceil<std::chrono::microseconds>(deadline - now))) return;
  }
}

void WorkerProcess::await_first_answer() {
  const auto deadline = steady_clock::now() + std::chrono::seconds{30};
  const auto is_answer = [](const Event& event) {
    return event.kind != EventKind::acquiring && event.kind != EventKind::releasing;
  };
  while (std::ranges::none_of(events_, is_answer) && steady_clock::now() < deadline) {
    if (!read_some(std::chrono::milliseconds{100})) return;
  }
}

bool WorkerProcess::kill() {
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  while (read_some(std::chrono::seconds{1})) {
  }
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace pharox::tests
