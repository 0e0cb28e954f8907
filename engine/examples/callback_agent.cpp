// The same with callbacks: an agent whose steps are functions, one calling the next.
#include <pharox/async.h>
#include <pharox/pharox.h>

#include <asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <optional>

namespace {

class Agent {
 public:
  Agent(pharox::AsyncProxyManager& proxies, int rounds) : proxies_(proxies), left_(rounds) {}

  void start() {
    if (left_-- == 0) return;
    proxies_.async_acquire_proxy({.pool_name = "home"}, [this](const std::exception_ptr& error,
                                                               std::optional<pharox::Lease> lease) {
      if (error) return fail(error);
      if (lease) use(*lease);
    });
  }

  int used() const { return used_; }

 private:
  void use(const pharox::Lease& lease) {
    ++used_;
    proxies_.async_release_proxy(lease, [this](const std::exception_ptr& error, bool) {
      if (error) return fail(error);
      start();
    });
  }

  static void fail(const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& exception) {
      std::fprintf(stderr, "callback_agent: %s\n", exception.what());
    }
  }

  pharox::AsyncProxyManager& proxies_;
  int left_;
  int used_ = 0;
};

}  // namespace

int main() {
  try {
    pharox::InMemoryStorage storage;
    pharox::bootstrap_proxy(
        storage, "home",
        {.host = "192.0.2.1", .port = 8080, .status = pharox::ProxyStatus::active});

    pharox::ProxyManager manager(storage);
    asio::io_context context;
    pharox::AsyncProxyManager proxies(context.get_executor(), manager);
    Agent agent(proxies, 100);
    agent.start();
    context.run();
    std::printf("leased %d times\n", agent.used());
    return agent.used() == 100 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "callback_agent: %s\n", error.what());
    return 1;
  }
}
