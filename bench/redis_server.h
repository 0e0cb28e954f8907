// A Redis of the benchmark's own: started on a unix socket in a temporary folder, writing its log
// of commands there, and stopped when it is no longer wanted.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "bench/temporary_folder.h"

namespace pharox::bench {

// When the log of commands is synced.
enum class RedisFsync { everysec, always };
std::string to_string(RedisFsync fsync);

class RedisServer {
 public:
  // In PATH; none: not installed.
  static std::optional<std::filesystem::path> find_program();

  // Returns when it answers. Throws std::runtime_error when it does not.
  explicit RedisServer(const std::filesystem::path& program);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  const std::string& socket() const { return socket_; }

 private:
  void await_answer() const;
  void stop();

  const TemporaryFolder folder_;
  const std::string socket_;
  pid_t process_;
};

}  // namespace pharox::bench
