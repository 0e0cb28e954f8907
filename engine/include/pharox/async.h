// Leasing without a thread that waits, on Asio. The only header of the library that needs Asio.
//
//   asio::io_context context;
//   InMemoryStorage storage;                       // or RocksDbStorage
//   ProxyManager manager(storage);
//   AsyncProxyManager async(context.get_executor(), manager);
//
//   asio::awaitable<void> work() {
//     const AcquireRequest request{.pool_name = "home", .wait_for = 5s};
//     auto lease = co_await async.async_with_lease(request, asio::use_awaitable);
//     if (lease) co_await fetch_through(lease->proxy_id);
//   }                                              // released
//
// Every operation takes a completion token: a callback, asio::use_future, asio::use_awaitable,
// deferred where this Asio has it. Its handler's associated executor, allocator and cancellation
// slot are used; a handler without an executor runs on the manager's. With the storages of this
// library no thread waits for a commit or for a proxy: one thread can have thousands of operations
// in flight, and they share an fdatasync.
//
// Errors are those of the ProxyManager call, as the std::exception_ptr that the handler gets: a
// future and co_await throw it.
//
// Cancellation (terminal, partial or total, all of them the same here): an acquire that is
// cancelled leaves no lease behind, at whatever moment that happens. It completes with
// asio::system_error of operation_aborted, once nothing is leased any more; if giving back failed,
// with that StorageError. A release or a renewal cannot be cancelled. An operation whose execution
// context ends before its handler was called releases what it got. A lease that was handed to a
// callback or to a future is the receiver's: who may not come to take it should ask for an
// AsyncScopedLease.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/compose.hpp>
#include <asio/error_code.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "pharox/async_blocking.h"
#include "pharox/async_operation.h"
#include "pharox/errors.h"
#include "pharox/manager.h"
#include "pharox/retry.h"

namespace pharox {

class AsyncProxyManager;

// A lease that is released when its scope ends: the release is begun then, and nobody waits for it;
// a failure goes to the manager's error handler. Move-only. Empty when nothing was acquired. Must
// outlive neither its manager nor the manager's execution context. Not thread-safe.
class [[nodiscard]] AsyncScopedLease {
 public:
  AsyncScopedLease() = default;
  AsyncScopedLease(AsyncProxyManager& manager, std::optional<Lease> lease)
      : manager_(&manager), lease_(std::move(lease)) {}
  AsyncScopedLease(AsyncScopedLease&& other) noexcept
      : manager_(other.manager_), lease_(other.detach()) {}
  AsyncScopedLease& operator=(AsyncScopedLease&& other) noexcept {
    if (this != &other) {
      begin_release();
      manager_ = other.manager_;
      lease_ = other.detach();
    }
    return *this;
  }
  ~AsyncScopedLease() { begin_release(); }

  explicit operator bool() const { return lease_.has_value(); }
  const Lease& operator*() const { return *lease_; }
  const Lease* operator->() const { return &*lease_; }

  // Releases now: void(std::exception_ptr, bool), as AsyncProxyManager::async_release_proxy.
  // Requires a lease; the guard is empty from here on.
  template <class Token>
  auto async_release(Token&& token);

  // Gives the lease up to the caller, who releases it.
  std::optional<Lease> detach() { return std::exchange(lease_, std::nullopt); }

 private:
  void begin_release() noexcept;

  AsyncProxyManager* manager_ = nullptr;
  std::optional<Lease> lease_;
};

// Thread safety: every call, from any thread; an operation's own parts (its cancellation slot) as
// Asio says. The manager, its storage and this must outlive all operations, those included that
// release what was abandoned: destroy the storage last, which waits for them.
class AsyncProxyManager {
 public:
  using executor_type = asio::any_io_executor;

  // Over a storage of this library. Throws InvalidArgumentError when it is another.
  AsyncProxyManager(executor_type executor, ProxyManager& manager)
      : AsyncProxyManager(std::move(executor), manager, nullptr) {
    if (storage_ == nullptr) {
      throw InvalidArgumentError(
          "this storage has blocking calls only: give AsyncProxyManager a thread pool to make "
          "them");
    }
  }

  // Over any storage. One that is none of this library's is called by `blocking`, a thread for each
  // operation that it is at work on.
  AsyncProxyManager(executor_type executor, ProxyManager& manager, asio::thread_pool& blocking)
      : AsyncProxyManager(std::move(executor), manager, &blocking) {}

  AsyncProxyManager(const AsyncProxyManager&) = delete;
  AsyncProxyManager& operator=(const AsyncProxyManager&) = delete;

  executor_type get_executor() const { return executor_; }
  ProxyManager& manager() const { return manager_; }

  // ProxyManager::acquire_proxy. Signature: void(std::exception_ptr, std::optional<Lease>).
  template <class Token>
  auto async_acquire_proxy(const AcquireRequest& request, Token&& token) {
    return initiate(Acquire{&manager_, std::make_unique<Acquire::Asked>(request)},
                    std::forward<Token>(token));
  }

  // ProxyManager::acquire_proxy_with_retry; the waits in between are timers (RetryPolicy::sleep, if
  // set, is called instead). Signature: void(std::exception_ptr, std::optional<Lease>).
  template <class Token>
  auto async_acquire_proxy_with_retry(AcquireRequest request, RetryPolicy policy, Token&& token) {
    return asio::async_compose<Token, void(std::exception_ptr, std::optional<Lease>)>(
        Retry{*this, std::move(request), std::move(policy)}, token, executor_);
  }

  // ProxyManager::release_proxy. Signature: void(std::exception_ptr, bool).
  template <class Token>
  auto async_release_proxy(const Lease& lease, Token&& token) {
    return initiate(Release{&manager_, std::make_unique<Lease>(lease)}, std::forward<Token>(token));
  }

  // ProxyManager::renew. Signature: void(std::exception_ptr, std::optional<Lease>).
  template <class Token>
  auto async_renew(const Lease& lease, Duration duration, Token&& token) {
    return initiate(Renew{std::make_unique<Lease>(lease), duration}, std::forward<Token>(token));
  }

  // async_acquire_proxy and async_acquire_proxy_with_retry, with a guard that releases. Signature:
  // void(std::exception_ptr, AsyncScopedLease).
  template <class Token>
  auto async_with_lease(const AcquireRequest& request, Token&& token) {
    return scoped(
        [this, asked = std::make_unique<Acquire::Asked>(request)](auto&& inner) mutable {
          initiate(Acquire{&manager_, std::move(asked)}, std::forward<decltype(inner)>(inner));
        },
        std::forward<Token>(token));
  }
  template <class Token>
  auto async_with_retrying_lease(AcquireRequest request, RetryPolicy policy, Token&& token) {
    return scoped(
        [this, asked = std::move(request), how = std::move(policy)](auto&& inner) mutable {
          async_acquire_proxy_with_retry(std::move(asked), std::move(how),
                                         std::forward<decltype(inner)>(inner));
        },
        std::forward<Token>(token));
  }

 private:
  // What the operations do: see async::Operation. What is asked for is needed until the storage has
  // begun, as a rule, and passes through many hands until then. So it is in a box; and all of them
  // are of one size, so that an operation gets the memory that the one before it gave back.
  struct Acquire {
    static constexpr bool kAcquires = true;
    using Outcome = std::optional<Lease>;
    struct Asked {
      explicit Asked(const AcquireRequest& asked) : request(asked) {}

      AcquireRequest request;
      std::optional<ProxyManager::AcquireWatch> watch{};
    };

    void start(AsyncStorage& storage, Completion& done) {
      asked->watch = manager->watch_acquire();
      if (asked->watch) return storage.start_acquire(asked->request, true, done);
      const auto unwatched = std::move(asked);
      storage.start_acquire(unwatched->request, false, done);
    }
    Outcome finish(LeaseResult&& result) const {
      if (asked) {
        manager->tell_acquired(*asked->watch, asked->request, result.lease, result.times);
      }
      return std::move(result.lease);
    }

    ProxyManager* manager;
    std::unique_ptr<Asked> asked;
  };
  struct Release {
    static constexpr bool kAcquires = false;
    using Outcome = bool;

    void start(AsyncStorage& storage, Completion& done) {
      const auto asked = std::move(lease);
      storage.start_release(*asked, done);
    }
    Outcome finish(LeaseResult&& ended) const {
      if (ended.lease) manager->tell_released(*ended.lease);
      return ended.lease.has_value();
    }

    ProxyManager* manager;
    std::unique_ptr<Lease> lease;
  };
  struct Renew {
    static constexpr bool kAcquires = false;
    using Outcome = std::optional<Lease>;

    void start(AsyncStorage& storage, Completion& done) {
      const auto asked = std::move(lease);
      storage.start_renew(*asked, duration, done);
    }
    Outcome finish(LeaseResult&& renewed) const { return std::move(renewed.lease); }

    std::unique_ptr<Lease> lease;
    Duration duration;
  };
  static_assert(sizeof(Acquire) == sizeof(Release) && sizeof(Release) == sizeof(Renew));

  // Attempts with a timer in between.
  struct Retry {
    template <class Self>
    void operator()(Self& self) {
      if (error) return self.complete(error, std::nullopt);
      self.reset_cancellation_state(asio::enable_total_cancellation());
      try {
        validate(policy);
      } catch (...) {
        // A handler is never called by whoever begins an operation.
        error = std::current_exception();
        return asio::post(self.get_executor(), std::move(self));
      }
      attempt(self);
    }
    template <class Self>
    void operator()(Self& self, std::exception_ptr failure, std::optional<Lease> lease) {
      if (failure || lease || ++attempts == policy.max_attempts) {
        return self.complete(std::move(failure), std::move(lease));
      }
      const Duration wait = backoff_after(policy, attempts);
      if (policy.sleep) {
        policy.sleep(wait);
        return attempt(self);
      }
      timer = std::make_unique<asio::steady_timer>(self.get_executor());
      timer->expires_after(wait);
      timer->async_wait(std::move(self));
    }
    template <class Self>
    void operator()(Self& self, asio::error_code cancelled) {
      if (!cancelled) return attempt(self);
      self.complete(std::make_exception_ptr(asio::system_error(cancelled)), std::nullopt);
    }

    template <class Self>
    void attempt(Self& self) {
      manager.async_acquire_proxy(request, std::move(self));
    }

    AsyncProxyManager& manager;
    AcquireRequest request;
    RetryPolicy policy;
    int attempts = 0;
    std::unique_ptr<asio::steady_timer> timer{};
    std::exception_ptr error{};
  };

  // Acquires by `begin`, and wraps the lease.
  template <class Begin>
  struct Scoped {
    template <class Self>
    void operator()(Self& self) {
      self.reset_cancellation_state(asio::enable_total_cancellation());
      begin(std::move(self));
    }
    template <class Self>
    void operator()(Self& self, std::exception_ptr error, std::optional<Lease> lease) {
      self.complete(std::move(error), AsyncScopedLease(manager, std::move(lease)));
    }

    AsyncProxyManager& manager;
    Begin begin;
  };

  AsyncProxyManager(executor_type executor, ProxyManager& manager, asio::thread_pool* blocking)
      : executor_(std::move(executor)), manager_(manager), storage_(manager.storage().native()) {
    if (storage_ == nullptr) {
      if (blocking == nullptr) return;
      foreign_.emplace(manager.storage(), *blocking,
                       [&manager](const AcquireRequest& request, AcquireTimes* times) {
                         return manager.acquire_once(request, times);
                       });
      storage_ = &*foreign_;
    }
    deliveries_ = async::DeliveriesService::make(executor_, *storage_);
  }

  template <class Kind, class Token>
  auto initiate(Kind kind, Token&& token) {
    return asio::async_initiate<Token, void(std::exception_ptr, typename Kind::Outcome)>(
        [this](auto&& handler, Kind what) {
          using Handler = std::decay_t<decltype(handler)>;
          async::Operation<Kind, Handler>::start(manager_, *storage_, deliveries_, std::move(what),
                                                 std::forward<decltype(handler)>(handler));
        },
        token, std::move(kind));
  }

  template <class Begin, class Token>
  auto scoped(Begin begin, Token&& token) {
    return asio::async_compose<Token, void(std::exception_ptr, AsyncScopedLease)>(
        Scoped<Begin>{*this, std::move(begin)}, token, executor_);
  }

  const executor_type executor_;
  ProxyManager& manager_;
  std::optional<async::BlockingStorage> foreign_;
  AsyncStorage* storage_;
  std::shared_ptr<async::Deliveries> deliveries_;
};

template <class Token>
auto AsyncScopedLease::async_release(Token&& token) {
  return manager_->async_release_proxy(*detach(), std::forward<Token>(token));
}

inline void AsyncScopedLease::begin_release() noexcept {
  if (!lease_) return;
  try {
    ProxyManager& manager = manager_->manager();
    async_release([&manager](const std::exception_ptr& error, bool) {
      if (error) manager.report_error("release at the end of a scope", error);
    });
  } catch (...) {
    manager_->manager().report_error("release at the end of a scope", std::current_exception());
  }
}

}  // namespace pharox
