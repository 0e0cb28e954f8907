// A storage whose acquires, releases and renewals go through the asynchronous forms of its manager,
// so that the contract is asked of those too.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <thread>

#include "pharox/async.h"
#include "tests/fixtures/forwarding_storage.h"

namespace pharox::tests {

class AsyncForms final : public ForwardingStorage {
 public:
  explicit AsyncForms(LeaseStorage& storage) : ForwardingStorage(storage), manager_(storage) {}
  ~AsyncForms() override {
    work_.reset();
    thread_.join();
  }

  std::optional<Lease> acquire(std::string_view pool_name, std::string_view consumer_name,
                               Duration duration, const ProxyFilters& filters,
                               SelectorStrategy selector) override {
    const AcquireRequest request{.pool_name = std::string(pool_name),
                                 .consumer_name = std::string(consumer_name),
                                 .duration = duration,
                                 .filters = filters,
                                 .selector = selector};
    return async_.async_acquire_proxy(request, asio::use_future).get();
  }
  bool release_lease(const Lease& lease) override {
    return async_.async_release_proxy(lease, asio::use_future).get();
  }
  std::optional<Lease> renew_lease(const Lease& lease, Duration duration) override {
    return async_.async_renew(lease, duration, asio::use_future).get();
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  ProxyManager manager_;
  AsyncProxyManager async_{context_.get_executor(), manager_};
  std::thread thread_{[this] { context_.run(); }};
};

}  // namespace pharox::tests
