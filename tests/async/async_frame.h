// What the asynchronous tests share: a store with some proxies, an execution context, and what came
// of operations.
#pragma once

#include <gtest/gtest.h>

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pharox/async.h"
#include "pharox/pharox.h"
#include "tests/fixtures/forwarding_storage.h"
#include "tests/fixtures/records.h"
#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {

enum class Form { in_memory, rocksdb, adapter };

inline std::string form_name(const testing::TestParamInfo<Form>& info) {
  constexpr std::array kNames{"InMemory", "RocksDb", "Adapter"};
  return kNames[static_cast<std::size_t>(info.param)];
}

// What an operation came to, once its handler was called.
template <class Outcome>
struct Answer {
  int calls = 0;
  std::exception_ptr error{};
  Outcome outcome{};

  auto handler() {
    return [this](std::exception_ptr failure, Outcome result) {
      ++calls;
      error = std::move(failure);
      outcome = std::move(result);
    };
  }
  bool was_aborted() const {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const asio::system_error& thrown) {
      return thrown.code() == asio::error::operation_aborted;
    } catch (...) {
    }
    return false;
  }
};

class AsyncTest : public testing::TestWithParam<Form> {
 protected:
  void SetUp() override {
    if (GetParam() == Form::rocksdb) {
      storage_ = std::make_unique<RocksDbStorage>(folder_.path() / "store");
    } else {
      storage_ = std::make_unique<InMemoryStorage>();
    }
    if (GetParam() == Form::adapter) adapter_ = std::make_unique<ForwardingStorage>(*storage_);
    storage().save_pool(pool);
    manager = std::make_unique<ProxyManager>(
        storage(), [this](std::string_view where, std::exception_ptr error) {
          try {
            std::rethrow_exception(error);
          } catch (const std::exception& thrown) {
            reported.push_back(std::string(where) + ": " + thrown.what());
          }
        });
    async = std::make_unique<AsyncProxyManager>(context->get_executor(), *manager, blocking);
  }
  void TearDown() override {
    context.reset();
    blocking.join();
    if (storage_ == nullptr) return;
    EXPECT_EQ(storage_->validate(), std::nullopt);
    storage_.reset();
    EXPECT_EQ(reported, std::vector<std::string>{});
  }

  IStorage& storage() { return adapter_ ? static_cast<IStorage&>(*adapter_) : *storage_; }
  void close() { storage_.reset(); }

  void save_exclusive(std::uint64_t number) {
    Proxy proxy = proxy_of(number, pool.id);
    proxy.max_concurrency = 1;
    storage().save_proxy(proxy);
  }
  AcquireRequest request(Duration wait_for = Duration{0}) const {
    return {.pool_name = pool.name, .wait_for = wait_for};
  }
  std::uint64_t leases() { return storage().get_pool_stats(pool.name)->total_leases; }
  std::uint64_t waiting() { return storage().get_pool_stats(pool.name)->waiting_callers; }

  const ProxyPool pool = pool_of(1'000'000, "pool");
  std::vector<std::string> reported;
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>();
  asio::thread_pool blocking{2};
  std::unique_ptr<ProxyManager> manager;
  std::unique_ptr<AsyncProxyManager> async;

 private:
  TempFolder folder_;
  std::unique_ptr<LeaseStorage> storage_;
  std::unique_ptr<ForwardingStorage> adapter_;
};

}  // namespace pharox::tests

#define PHAROX_FOR_EVERY_FORM(suite) \
  INSTANTIATE_TEST_SUITE_P(          \
      Over, suite, testing::Values(Form::in_memory, Form::rocksdb, Form::adapter), form_name)
