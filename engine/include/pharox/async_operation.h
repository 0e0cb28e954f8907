// What the operations of <pharox/async.h> are made of. Include that one.
//
// The storage has an operation from its start until complete(), which may come from any thread.
// Then:
//
// 1. It is posted to the manager's executor, and from there delivered on the handler's: callbacks
//    first, then the handler.
// 2. Where it was cancelled by then, a lease that it got is released first, and once that is
//    durable the handler gets operation_aborted. So whoever cancels never holds a lease, whatever
//    the moment.
// 3. An execution context that ends takes the handlers of its manager's operations with it. The
// operations
//    themselves live on as orphans until the storage is done with them, and release what they got;
//    so does one whose delivery is thrown away.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/system_error.hpp>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "pharox/manager.h"
#include "pharox/native_storage.h"

namespace pharox::async {

// An operation as its execution context knows it.
class Pending {
 public:
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

 protected:
  Pending() = default;
  virtual ~Pending() = default;

 private:
  friend class Registry;

  // The context still runs: has it delivered.
  virtual void post() noexcept = 0;
  // The context ends: gives up the handler, and ends any wait.
  virtual void orphan() noexcept = 0;
  // The storage is done with an orphan: leaves no lease behind, and deletes it.
  virtual void bury() noexcept = 0;

  // Guarded by the registry's mutex.
  enum class State {
    listed,     // the storage has it
    orphaning,  // and the context is about to orphan it
    done,       // the storage was done with it meanwhile
    orphaned,   // the storage has it, and nobody waits for it
  };
  State state_ = State::listed;
  Pending* before_ = nullptr;
  Pending* behind_ = nullptr;
};

// The operations of one execution context that the storage has. Outlives the context where an
// orphan needs it. Thread safety: every method, from any thread.
class Registry {
 public:
  // False: the context has ended, and the operation is an orphan from the beginning.
  bool add(Pending& operation) {
    const std::lock_guard lock(mutex_);
    if (ended_) {
      operation.state_ = Pending::State::orphaned;
    } else {
      operation.state_ = Pending::State::listed;
      operation.before_ = nullptr;
      operation.behind_ = std::exchange(first_, &operation);
      if (operation.behind_ != nullptr) operation.behind_->before_ = &operation;
    }
    return !ended_;
  }

  // The storage is done with it.
  void complete(Pending& operation) noexcept {
    {
      const std::lock_guard lock(mutex_);
      if (operation.state_ == Pending::State::listed) {
        take_out(operation);
        operation.post();  // under the lock: the context cannot end before that
        return;
      }
      if (operation.state_ == Pending::State::orphaning) {
        operation.state_ = Pending::State::done;
        return;
      }
    }
    operation.bury();
  }

  // The context ends.
  void end() noexcept {
    std::vector<Pending*> orphans;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
      for (Pending* each = first_; each != nullptr; each = each->behind_) {
        each->state_ = Pending::State::orphaning;
        orphans.push_back(each);
      }
      first_ = nullptr;
    }
    for (Pending* each : orphans) {
      each->orphan();
      bool done = false;
      {
        const std::lock_guard lock(mutex_);
        done = std::exchange(each->state_, Pending::State::orphaned) == Pending::State::done;
      }
      if (done) each->bury();
    }
  }

 private:
  void take_out(Pending& operation) {
    if (operation.behind_ != nullptr) operation.behind_->before_ = operation.before_;
    (operation.before_ != nullptr ? operation.before_->behind_ : first_) = operation.behind_;
  }

  std::mutex mutex_;
  Pending* first_ = nullptr;  // of the list of those that the storage has; guarded by mutex_
  bool ended_ = false;        // guarded by mutex_
};

class RegistryService final : public asio::execution_context::service {
 public:
  using key_type = RegistryService;
  inline static asio::execution_context::id id;

  explicit RegistryService(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  static const std::shared_ptr<Registry>& registry_of(const asio::any_io_executor& executor) {
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    return asio::use_service<RegistryService>(context).registry_;
  }

 private:
  void shutdown() noexcept override { registry_->end(); }

  const std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
};

// Releases a lease that nobody holds any more. Nobody waits for it.
class AbandonedLease final : public Completion {
 public:
  static void release(const ProxyManager& manager, AsyncStorage& storage, const Lease& lease) {
    storage.start_release(lease, *new AbandonedLease(manager));
  }

 private:
  explicit AbandonedLease(const ProxyManager& manager) : manager_(manager) {}

  void complete(std::exception_ptr error, LeaseResult) noexcept override {
    if (error) manager_.report_error("release of an abandoned lease", error);
    delete this;
  }

  const ProxyManager& manager_;
};

// An operation with its handler. What it does is the Kind's:
//
//   kAcquires                    whether what it gets must be released when nobody takes it
//   Outcome                      what the handler gets beside the exception
//   start(AsyncStorage&, Completion&)
//   Outcome finish(LeaseResult&&)   runs the callbacks
template <class Kind, class Handler>
class Operation final : public Completion, public Pending {
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  using Allocator = typename std::allocator_traits<
      asio::associated_allocator_t<Handler>>::template rebind_alloc<Operation>;
  using Traits = std::allocator_traits<Allocator>;

 public:
  static void start(const ProxyManager& manager, AsyncStorage& storage,
                    const asio::any_io_executor& executor, Kind kind, Handler handler) {
    Allocator allocator(asio::get_associated_allocator(handler));
    Operation* const place = Traits::allocate(allocator, 1);
    Operation* operation = nullptr;
    try {
      operation = ::new (place)
          Operation(allocator, manager, storage, executor, std::move(kind), std::move(handler));
    } catch (...) {
      Traits::deallocate(allocator, place, 1);
      throw;
    }
    operation->begin();
  }

 private:
  // Calls a step of the operation, or, destroyed without having been called, abandons it.
  class Step {
   public:
    using allocator_type = Allocator;

    Step(Operation* operation, void (Operation::*step)())
        : allocator_(operation->allocator_), operation_(operation), step_(step) {}
    Step(Step&& other) noexcept
        : allocator_(other.allocator_),
          operation_(std::exchange(other.operation_, nullptr)),
          step_(other.step_) {}
    Step& operator=(Step&&) = delete;
    ~Step() {
      if (operation_ == nullptr) return;
      operation_->orphan();
      operation_->bury();
    }

    allocator_type get_allocator() const noexcept { return allocator_; }
    void operator()() { (std::exchange(operation_, nullptr)->*step_)(); }

   private:
    Allocator allocator_;
    Operation* operation_;
    void (Operation::*step_)();
  };

  Operation(const Allocator& allocator, const ProxyManager& manager, AsyncStorage& storage,
            const asio::any_io_executor& executor, Kind kind, Handler handler)
      : allocator_(allocator),
        manager_(manager),
        storage_(storage),
        kind_(std::move(kind)),
        executor_(executor),
        registry_(RegistryService::registry_of(executor)),
        managers_work_(executor),
        handlers_work_(asio::get_associated_executor(handler, executor)),
        handler_(std::move(handler)) {}

  void begin() {
    const bool waited_for = registry_->add(*this);
    if (!waited_for) {
      orphan();
      if (Kind::kAcquires) return destroy();
    } else if (auto slot = asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
      slot.assign([this](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        cancelled_ = true;
        storage_.cancel(*this);
      });
    }
    kind_.start(storage_, *this);
  }

  void complete(std::exception_ptr error, LeaseResult result) noexcept override {
    if (!gives_back_) {
      error_ = std::move(error);
      result_ = std::move(result);
    } else if (error) {  // instead of operation_aborted: the lease may still be there
      error_ = std::move(error);
    }
    registry_->complete(*this);
  }

  void post() noexcept override { asio::post(executor_, Step(this, &Operation::move_to_handler)); }

  void move_to_handler() {
    const auto work = *std::exchange(managers_work_, std::nullopt);
    asio::dispatch(handlers_work_->get_executor(), Step(this, &Operation::deliver));
  }

  void deliver() {
    if (Kind::kAcquires && cancelled_ && !error_) {
      error_ = std::make_exception_ptr(asio::system_error(asio::error::operation_aborted));
      if (result_.lease) {
        const Lease lease = *std::exchange(result_.lease, std::nullopt);
        gives_back_ = true;
        managers_work_.emplace(executor_);
        registry_->add(*this);
        return storage_.start_release(lease, *this);
      }
    }
    if (auto slot = asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
      slot.clear();
    }
    typename Kind::Outcome outcome{};
    if (!error_) outcome = kind_.finish(std::move(result_));
    const std::exception_ptr error = error_;
    const auto work = std::move(*handlers_work_);
    Handler handler(std::move(*handler_));
    destroy();
    std::move(handler)(error, std::move(outcome));
  }

  void orphan() noexcept override {
    if (auto slot = asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
      slot.clear();
    }
    handler_.reset();
    handlers_work_.reset();
    managers_work_.reset();
    storage_.cancel(*this);
  }

  void bury() noexcept override {
    if (Kind::kAcquires && result_.lease) {
      AbandonedLease::release(manager_, storage_, *result_.lease);
    }
    destroy();
  }

  void destroy() {
    Allocator allocator(allocator_);
    this->~Operation();
    Traits::deallocate(allocator, this, 1);
  }

  const Allocator allocator_;
  const ProxyManager& manager_;
  AsyncStorage& storage_;
  Kind kind_;
  const asio::any_io_executor executor_;  // the manager's
  const std::shared_ptr<Registry> registry_;
  // None of these is there any more when the context has ended.
  std::optional<asio::executor_work_guard<asio::any_io_executor>> managers_work_;
  std::optional<asio::executor_work_guard<Executor>> handlers_work_;
  std::optional<Handler> handler_;

  // By the handler's executor.
  bool cancelled_ = false;
  bool gives_back_ = false;
  // By whoever has the operation.
  std::exception_ptr error_{};
  LeaseResult result_{};
};

}  // namespace pharox::async
