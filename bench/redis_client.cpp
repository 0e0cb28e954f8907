#include "bench/redis_client.h"

#include <stdexcept>
#include <vector>

namespace pharox::bench {

RedisClient::RedisClient(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
  if (!context_) throw std::runtime_error("Redis: no memory");
  if (context_->err != 0) fail();
}

void RedisClient::fail() const {
  throw std::runtime_error(std::string("Redis: ") + context_->errstr);
}

void RedisClient::add(std::span<const std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const int count = static_cast<int>(words.size());
  if (redisAppendCommandArgv(context_.get(), count, texts.data(), sizes.data()) != REDIS_OK) fail();
}

void RedisClient::send() {
  for (int done = 0; done == 0;) {
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) fail();
  }
}

RedisReply RedisClient::receive() {
  void* received = nullptr;
  if (redisGetReply(context_.get(), &received) != REDIS_OK) fail();
  RedisReply reply(static_cast<redisReply*>(received));
  if (reply->type == REDIS_REPLY_ERROR) {
    throw std::runtime_error("Redis: " + std::string(reply->str, reply->len));
  }
  return reply;
}

RedisReply RedisClient::call(std::initializer_list<std::string_view> words) {
  add(words);
  return receive();
}

}  // namespace pharox::bench
