// hiredis with owners and exceptions: a connection over which commands go together, and replies
// come back in their order.
#pragma once

#include <hiredis/hiredis.h>

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pharox::bench {

struct FreeRedisReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using RedisReply = std::unique_ptr<redisReply, FreeRedisReply>;

// Throws std::runtime_error, for an error that the server replies with too.
class RedisClient {
 public:
  explicit RedisClient(const std::string& socket);

  // Puts a command behind those that are not sent yet.
  void add(std::span<const std::string_view> words);
  void add(std::initializer_list<std::string_view> words) {
    add(std::span(words.begin(), words.size()));
  }
  void send();
  RedisReply receive();

  RedisReply call(std::initializer_list<std::string_view> words);

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };

  [[noreturn]] void fail() const;

  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace pharox::bench
