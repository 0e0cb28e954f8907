// Fencing: how a resource keeps out a holder whose lease is over.
//
// A lease is a promise about time, and a process can lose time: it is paused, or its machine is
// suspended, between the moment it looks at its lease and the moment its write arrives. By then the
// proxy, and whatever is allowed to only one holder of it, may be somebody else's. Nothing in the
// holder can prevent that. The resource can: every lease of a store has a greater token than all
// before it, also across crashes, so the resource remembers the greatest token that it saw, and
// refuses anything smaller.
#include <pharox/pharox.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <mutex>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

// A session with some site, bound to one proxy's address. Only one holder may write to it.
class FencedSession {
 public:
  // False: a later holder was here already.
  bool write(std::uint64_t token, const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (token < greatest_token_) return false;
    greatest_token_ = token;
    last_written_ = text;
    return true;
  }
  std::string last_written() const {
    const std::lock_guard lock(mutex_);
    return last_written_;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t greatest_token_ = 0;
  std::string last_written_;
};

}  // namespace

int main() {
  try {
    pharox::InMemoryStorage storage;
    pharox::bootstrap_proxy(storage, "home",
                            {.host = "192.0.2.1",
                             .port = 8080,
                             .status = pharox::ProxyStatus::active,
                             .max_concurrency = 1});
    pharox::ProxyManager manager(storage);
    FencedSession session;

    // The first worker leases the proxy for a moment, and is then paused for longer than that.
    const auto first = manager.acquire_proxy({.pool_name = "home", .duration = 10ms});
    // The second waits until the lease is over, and writes.
    const auto second = manager.acquire_proxy({.pool_name = "home", .wait_for = 10s});
    if (!first || !second) return 1;
    const bool second_wrote = session.write(second->token, "second");
    // The first wakes up and believes that the proxy is still its own.
    const bool first_wrote = session.write(first->token, "first");

    std::printf("token %llu wrote: %s; token %llu wrote: %s\n",
                static_cast<unsigned long long>(second->token), second_wrote ? "yes" : "no",
                static_cast<unsigned long long>(first->token), first_wrote ? "yes" : "no");
    return second_wrote && !first_wrote && session.last_written() == "second" ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fenced_resource: %s\n", error.what());
    return 1;
  }
}
