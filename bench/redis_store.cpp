#include "bench/redis_store.h"

#include <chrono>

#include "bench/redis_scripts.h"
#include "pharox/time.h"

namespace pharox::bench {
namespace {

constexpr Duration kLease = std::chrono::minutes{5};
constexpr std::string_view kConsumer = "default";

std::string load_script(RedisClient& client, const char* script) {
  const RedisReply hash = client.call({"SCRIPT", "LOAD", script});
  return {hash->str, hash->len};
}

std::string microseconds(Timestamp moment) {
  return std::to_string(moment.time_since_epoch().count());
}

std::string place_of(const Proxy& proxy) {
  using std::chrono::milliseconds;
  return std::to_string(
      std::chrono::floor<milliseconds>(proxy.checked_at).time_since_epoch().count());
}

void add_proxy(RedisClient& client, const Proxy& proxy) {
  const std::string id = proxy.id.to_string();
  const std::string place = place_of(proxy);
  const std::string limit = std::to_string(*proxy.max_concurrency);
  const std::string port = std::to_string(proxy.port);
  client.add({"HSET",     "proxy:" + id,
              "host",     proxy.host,
              "port",     port,
              "protocol", to_string(proxy.protocol),
              "user",     proxy.credentials->user,
              "password", proxy.credentials->password,
              "country",  *proxy.country,
              "source",   *proxy.source,
              "isp",      *proxy.isp,
              "city",     *proxy.city,
              "limit",    limit,
              "place",    place,
              "leases",   "0"});
  client.add({"ZADD", "free", place, id});
}

}  // namespace

RedisStore::RedisStore(const Dataset& dataset, const std::filesystem::path& program)
    : server_(program),
      main_{RedisClient(server_.socket())},
      lease_script_(load_script(main_.connection, kRedisAcquire)),
      release_script_(load_script(main_.connection, kRedisRelease)) {
  load(dataset);
}

void RedisStore::load(const Dataset& dataset) {
  constexpr std::size_t kTogether = 1'000;
  std::size_t added = 0;
  const auto receive_all = [&] {
    for (; added > 0; --added) main_.connection.receive();
  };
  for (const Proxy& proxy : dataset.proxies) {
    add_proxy(main_.connection, proxy);
    if ((added += 2) >= kTogether) receive_all();
  }
  receive_all();
}

void RedisStore::sync_log(RedisFsync fsync) {
  main_.connection.call({"CONFIG", "SET", "appendfsync", to_string(fsync)});
}

void RedisStore::add_lease(Client& client) const {
  const Timestamp now = utc_now();
  client.connection.add(
      {"EVALSHA", lease_script_, "0", microseconds(now), microseconds(now + kLease), kConsumer});
}

void RedisStore::add_release(Client& client, std::string_view token) const {
  client.connection.add({"EVALSHA", release_script_, "0", token});
}

std::optional<RedisStore::Leased> RedisStore::receive_lease(Client& client) {
  const RedisReply reply = client.connection.receive();
  if (reply->type == REDIS_REPLY_NIL) return std::nullopt;
  const redisReply& id = *reply->element[1];
  return Leased{std::to_string(reply->element[0]->integer), std::string(id.str, id.len)};
}

std::optional<RedisStore::Leased> RedisStore::lease() {
  add_lease(main_);
  return receive_lease(main_);
}

bool RedisStore::release(const std::string& token) {
  add_release(main_, token);
  return main_.connection.receive()->integer == 1;
}

void RedisStore::send_leases(Client& client, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) add_lease(client);
  client.connection.send();
}

void RedisStore::send_releases(Client& client, std::size_t count) const {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto leased = receive_lease(client)) tokens.push_back(std::move(leased->token));
  }
  for (const std::string& token : tokens) add_release(client, token);
  client.connection.send();
  client.releasing = tokens.size();
}

std::size_t RedisStore::lease_and_release(std::size_t clients, std::size_t in_flight,
                                          std::size_t rounds) {
  while (clients_.size() < clients) clients_.push_back({RedisClient(server_.socket())});
  const std::span serving(clients_.data(), clients);
  std::size_t pairs = 0;
  for (Client& client : serving) send_leases(client, in_flight);
  for (std::size_t round = 1; round <= rounds; ++round) {
    for (Client& client : serving) send_releases(client, in_flight);
    for (Client& client : serving) {
      pairs += client.releasing;
      for (; client.releasing > 0; --client.releasing) client.connection.receive();
      if (round < rounds) send_leases(client, in_flight);
    }
  }
  return pairs;
}

}  // namespace pharox::bench
