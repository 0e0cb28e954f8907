// A lease store on Redis, as somebody would write it who knows Redis well: every acquire and every
// release is a script that the server runs as one step (redis_scripts.h), and a client sends
// several of them before it waits for an answer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/dataset.h"
#include "bench/redis_client.h"
#include "bench/redis_server.h"

namespace pharox::bench {

// Throws std::runtime_error.
class RedisStore {
 public:
  // The pool, nothing leased, in a server of its own, on the CPUs of whoever makes it.
  RedisStore(const Dataset& dataset, const std::filesystem::path& program);

  void sync_log(RedisFsync fsync);

  struct Leased {
    std::string token;
    std::string proxy_id;
  };
  // The least used proxy, if one is free.
  std::optional<Leased> lease();
  // False when it has ended before.
  bool release(const std::string& token);

  // So many clients, each with so many calls in flight, all of which lease and then release in
  // every round. One thread serves the clients in turn: the server needs a CPU for itself, and has
  // the calls of the others while the thread reads the answers to one. Returns the pairs.
  std::size_t lease_and_release(std::size_t clients, std::size_t in_flight, std::size_t rounds);

 private:
  struct Client {
    RedisClient connection;
    std::size_t releasing = 0;  // releases that have no answer yet
  };

  void load(const Dataset& dataset);
  void add_lease(Client& client) const;
  void add_release(Client& client, std::string_view token) const;
  static std::optional<Leased> receive_lease(Client& client);
  void send_leases(Client& client, std::size_t count) const;
  // Of as many leases as have been sent, those that were granted.
  void send_releases(Client& client, std::size_t count) const;

  const RedisServer server_;
  Client main_;
  std::vector<Client> clients_;
  const std::string lease_script_;
  const std::string release_script_;
};

}  // namespace pharox::bench
