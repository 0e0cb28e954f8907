// The worker as a process of its own, and the pipe that it tells its story through.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/crash/events.h"

namespace pharox::tests {

class WorkerProcess {
 public:
  WorkerProcess(const std::filesystem::path& folder, const std::string& durability,
                std::uint64_t seed);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  // Reads what it tells until that much time has passed or it has ended.
  void listen_for(std::chrono::microseconds time);
  // Reads until its first call was acknowledged, or it has ended.
  void await_first_answer();
  // SIGKILL; then reads the rest. False when it had ended by itself.
  bool kill();

  // All that it told, in the order of the pipe.
  const std::vector<Event>& events() const { return events_; }

 private:
  // False at the end of the pipe.
  bool read_some(std::chrono::microseconds patience);

  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string bytes_;  // of a record that has not come whole yet
  std::vector<Event> events_;
};

}  // namespace pharox::tests
