#include "bench/redis_server.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bench/redis_client.h"

namespace pharox::bench {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 10s;

// What it does beside its log of commands is switched off: snapshots, and writing the log anew.
std::vector<std::string> arguments(const std::filesystem::path& folder, const std::string& socket) {
  return {"redis-server",
          "--port",
          "0",
          "--unixsocket",
          socket,
          "--dir",
          folder.string(),
          "--logfile",
          (folder / "log").string(),
          "--daemonize",
          "no",
          "--save",
          "",
          "--appendonly",
          "yes",
          "--auto-aof-rewrite-percentage",
          "0"};
}

// Ends with this program, however that ends.
pid_t start(const std::filesystem::path& program, std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot start " + program.string());
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent) execv(program.c_str(), argv.data());
  _exit(127);
}

}  // namespace

std::string to_string(RedisFsync fsync) {
  return fsync == RedisFsync::everysec ? "everysec" : "always";
}

std::optional<std::filesystem::path> RedisServer::find_program() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path program = std::filesystem::path(folder) / "redis-server";
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

// Absolute, because the server changes into its folder.
RedisServer::RedisServer(const std::filesystem::path& program)
    : socket_(std::filesystem::absolute(folder_.file("socket")).string()),
      process_(start(program, arguments(std::filesystem::absolute(folder_.path()), socket_))) {
  try {
    await_answer();
  } catch (...) {
    stop();
    throw;
  }
}

RedisServer::~RedisServer() { stop(); }

void RedisServer::stop() {
  kill(process_, SIGKILL);  // what it knows is of no further use
  waitpid(process_, nullptr, 0);
}

void RedisServer::await_answer() const {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    try {
      RedisClient(socket_).call({"PING"});
      return;
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > until) throw;
    }
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace pharox::bench
