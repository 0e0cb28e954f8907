// Any IStorage for <pharox/async.h>, whose blocking calls a thread pool makes. Include that one.
#pragma once

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "pharox/errors.h"
#include "pharox/manager.h"
#include "pharox/native_storage.h"

namespace pharox::async {

// Acquires that wait look again and again, with a timer in between. The pool must run until this is
// destroyed, which waits for all calls.
class BlockingStorage final : public AsyncStorage {
 public:
  // `acquire(request, times)`: one look, without waiting.
  using Acquire = std::function<std::optional<Lease>(const AcquireRequest&, AcquireTimes*)>;
  BlockingStorage(IStorage& storage, asio::thread_pool& pool, Acquire acquire)
      : storage_(storage), pool_(pool), acquire_(std::move(acquire)) {}
  ~BlockingStorage() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return calls_ == 0; });
  }
  BlockingStorage(const BlockingStorage&) = delete;
  BlockingStorage& operator=(const BlockingStorage&) = delete;

  void start_acquire(const AcquireRequest& request, bool wants_times, Completion& done) override {
    std::shared_ptr<Look> first;
    try {
      check_wait(request);
      first = std::make_shared<Look>(*this, request, wants_times, done);
    } catch (...) {
      done.error = std::current_exception();
      return done.complete();
    }
    try {
      {
        const std::lock_guard lock(mutex_);
        looking_.emplace(&done, first.get());
      }
      look(first);
    } catch (...) {  // memory; it is answered when it goes
    }
  }

  void cancel(Completion& done) override {
    const std::lock_guard lock(mutex_);
    const auto found = looking_.find(&done);
    if (found == looking_.end()) return;
    found->second->cancelled = true;
    found->second->timer.cancel();
  }

  void start_release(const Lease& lease, Completion& done) override {
    call(done, [this, lease] { return storage_.end_lease(lease); });
  }
  void start_renew(const Lease& lease, Duration duration, Completion& done) override {
    call(done, [this, lease, duration] { return storage_.renew_lease(lease, duration); });
  }

 private:
  // A call under way. Completes exactly once: by itself, if the pool is stopped before it could.
  class Answer {
   public:
    Answer(BlockingStorage& storage, Completion& done) : storage_(storage), done_(&done) {
      const std::lock_guard lock(storage_.mutex_);
      ++storage_.calls_;
    }
    Answer(Answer&& other) noexcept
        : storage_(other.storage_), done_(std::exchange(other.done_, nullptr)) {}
    Answer& operator=(Answer&&) = delete;
    ~Answer() {
      if (done_ == nullptr) return;
      give(std::make_exception_ptr(StorageError("the thread pool was stopped")), {});
    }
    Completion& done() const { return *done_; }
    void give(std::exception_ptr error, LeaseResult result) {
      {
        const std::lock_guard lock(storage_.mutex_);
        storage_.looking_.erase(done_);
      }
      Completion& done = *std::exchange(done_, nullptr);
      done.error = std::move(error);
      done.result = std::move(result);
      done.complete();
      const std::lock_guard lock(storage_.mutex_);
      if (--storage_.calls_ == 0) storage_.idle_.notify_all();
    }

   private:
    BlockingStorage& storage_;
    Completion* done_;
  };

  struct Look {
    Look(BlockingStorage& owner, const AcquireRequest& asked, bool wants_times, Completion& done)
        : request(asked),
          times(wants_times),
          polling(asked.wait_for),
          timer(owner.pool_),
          answer(owner, done) {
      request.wait_for = Duration{0};
    }

    AcquireRequest request;
    bool times;
    Polling polling;
    asio::steady_timer timer;
    Answer answer;
    LeaseResult result{};
    bool cancelled = false;  // guarded by the storage's mutex
  };

  void look(const std::shared_ptr<Look>& look) {
    asio::post(pool_, [this, look] {
      try {
        look->result.lease = acquire_(look->request, look->times ? &look->result.times : nullptr);
        const auto wait = look->result.lease ? std::nullopt : look->polling.next();
        if (wait && sleep(look, *wait)) return;
        look->answer.give(nullptr, std::move(look->result));
      } catch (...) {
        look->answer.give(std::current_exception(), {});
      }
    });
  }

  // False when it was cancelled before.
  bool sleep(const std::shared_ptr<Look>& sleeper, Duration wait) {
    const std::lock_guard lock(mutex_);
    if (sleeper->cancelled) return false;
    sleeper->timer.expires_after(wait);
    sleeper->timer.async_wait([this, sleeper, wait](const asio::error_code& cancelled) {
      sleeper->result.times.queued += wait;
      if (!cancelled) return look(sleeper);
      sleeper->answer.give(nullptr, std::move(sleeper->result));
    });
    return true;
  }

  template <class Call>
  void call(Completion& done, Call call) {
    try {
      asio::post(pool_, [answer = Answer(*this, done), call = std::move(call)]() mutable {
        LeaseResult result;
        try {
          result.lease = call();
        } catch (...) {
          return answer.give(std::current_exception(), {});
        }
        answer.give(nullptr, std::move(result));
      });
    } catch (...) {  // memory; it is answered when it goes
    }
  }

  IStorage& storage_;
  asio::thread_pool& pool_;
  const Acquire acquire_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int calls_ = 0;                         // guarded by mutex_
  std::map<Completion*, Look*> looking_;  // guarded by mutex_
};

}  // namespace pharox::async
