// What the operations of <pharox/async.h> are made of. Include that one.
//
// The storage has an operation from its start until complete(), which may come from any thread.
// Then:
//
// 1. It joins those that are to be delivered. They are taken from there on the manager's executor,
//    many in one turn, because a commit completes many, and each turn costs a lock and a wake-up.
//    What the handlers of a turn start is committed together.
// 2. Each is delivered on its handler's executor: callbacks first, then the handler.
// 3. Where it was cancelled by then, a lease that it got is released first, and once that is
//    durable the handler gets operation_aborted. So whoever cancels never holds a lease, whatever
//    the moment.
// 4. An execution context that ends takes the handlers of its managers' operations with it. The
//    operations themselves live on as orphans until the storage is done with them, and release what
//    they got; so does one whose delivery is thrown away.
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
#include <type_traits>
#include <utility>
#include <vector>

#include "pharox/manager.h"
#include "pharox/native_storage.h"

namespace pharox::async {

// A ring of operations, or one of them.
struct Link {
  Link* next = this;
  Link* previous = this;

  bool alone() const { return next == this; }
  void put_before(Link& other) {
    next = &other;
    previous = std::exchange(other.previous, this);
    previous->next = this;
  }
  void take_out() {
    next->previous = previous;
    previous->next = next;
    next = previous = this;
  }
};

// An operation as its manager knows it.
class Pending : private Link {
 public:
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

 protected:
  Pending() = default;
  virtual ~Pending() = default;

 private:
  friend class Deliveries;

  // On the manager's executor: delivers it on the handler's.
  virtual void deliver() = 0;
  // The context ends: gives up the handler, and ends any wait.
  virtual void orphan() noexcept = 0;
  // The storage is done with an orphan: leaves no lease behind, and deletes it.
  virtual void bury() noexcept = 0;

  enum class State {
    started,    // the storage has it
    done,       // the storage is done with it
    orphaning,  // the storage has it, and the context is about to orphan it
    orphaned,   // the storage has it, and nobody waits for it
  };
  // Guarded by Deliveries::done_mutex_ from its start on.
  State state_ = State::started;
  Pending* next_done_ = nullptr;
};

// The operations of one manager, from their start to their delivery. Outlives the manager and its
// context where an orphan needs it. Thread safety: every method, from any thread.
//
// Those who start operations and those who complete them are different threads, as a rule, each
// many times in a turn: so each has a lock of its own, and they meet once a turn.
class Deliveries : public std::enable_shared_from_this<Deliveries> {
 public:
  Deliveries(asio::any_io_executor executor, AsyncStorage& storage)
      : executor_(std::move(executor)), storage_(storage) {}

  const asio::any_io_executor& executor() const { return executor_; }

  // Before the storage gets it. An orphan from the beginning, where the context has ended. Whether
  // handlers follow, which may start more.
  enum class Added { orphan, last, more_follow };
  Added add(Pending& operation) {
    const std::lock_guard lock(mutex_);
    operation.state_ = ended_ ? Pending::State::orphaned : Pending::State::started;
    if (ended_) return Added::orphan;
    if (!work_) work_.emplace(executor_);
    operation.put_before(all_);
    announced_ = more_follow_;
    return announced_ ? Added::more_follow : Added::last;
  }

  // The storage is done with it.
  void complete(Pending& operation) noexcept {
    {
      const std::lock_guard lock(done_mutex_);
      const auto state = std::exchange(operation.state_, Pending::State::done);
      if (state == Pending::State::started) {
        operation.next_done_ = nullptr;
        (first_done_ == nullptr ? first_done_ : last_done_->next_done_) = &operation;
        last_done_ = &operation;
        if (!std::exchange(turn_is_posted_, true)) post_turn();
        return;
      }
      if (state == Pending::State::orphaning) return;
    }
    operation.bury();
  }

  // The context ends.
  void end() noexcept {
    std::vector<Pending*> orphans;
    {
      const std::scoped_lock lock(mutex_, done_mutex_);
      ended_ = true;
      while (!all_.alone()) {
        auto& operation = static_cast<Pending&>(*all_.next);
        operation.take_out();
        if (operation.state_ == Pending::State::started) {
          operation.state_ = Pending::State::orphaning;
        }
        orphans.push_back(&operation);
      }
      turn_ = first_done_ = nullptr;
      work_.reset();
    }
    for (Pending* each : orphans) {
      each->orphan();
      bool done = false;
      {
        const std::lock_guard lock(done_mutex_);
        done = each->state_ == Pending::State::done;
        each->state_ = Pending::State::orphaned;
      }
      if (done) each->bury();
    }
  }

 private:
  // Delivered before others get their turn on the executor.
  static constexpr int kDeliveriesPerTurn = 64;

  // Under done_mutex_: the context cannot end before it is done.
  void post_turn() {
    asio::post(executor_, [self = shared_from_this()] { self->take_turn(); });
  }

  void take_turn() {
    try {
      for (int delivered = 0; delivered < kDeliveriesPerTurn; ++delivered) {
        Pending* const next = next_delivery();
        if (next == nullptr) break;
        next->deliver();
      }
    } catch (...) {  // a handler's: those behind it get their turn all the same
      end_turn();
      throw;
    }
    end_turn();
  }

  // Null: there are none.
  Pending* next_delivery() {
    if (turn_ == nullptr) turn_ = take_done();
    Pending* const operation = turn_;
    if (operation == nullptr) return nullptr;
    turn_ = operation->next_done_;
    if (turn_ == nullptr) turn_ = take_done();
    const std::lock_guard lock(mutex_);
    more_follow_ = turn_ != nullptr;
    operation->take_out();
    return operation;
  }

  Pending* take_done() {
    const std::lock_guard lock(done_mutex_);
    return std::exchange(first_done_, nullptr);
  }

  void end_turn() {
    bool hurries = false;
    {
      const std::lock_guard lock(mutex_);
      // While others follow, more may be started. None of these is delivered before this turn ends:
      // so the storage is still there.
      if (turn_ == nullptr) {
        more_follow_ = false;
        hurries = std::exchange(announced_, false) && !all_.alone();
      }
    }
    if (hurries) storage_.hurry();
    const std::scoped_lock lock(mutex_, done_mutex_);
    if (all_.alone()) work_.reset();
    if (ended_) return;
    turn_is_posted_ = turn_ != nullptr || first_done_ != nullptr;
    if (turn_is_posted_) post_turn();
  }

  const asio::any_io_executor executor_;
  AsyncStorage& storage_;
  // By next_done_: to be delivered in the turn under way, or in the next one.
  Pending* turn_ = nullptr;

  // Of those who start operations, and deliver them.
  std::mutex mutex_;
  Link all_;                  // ring
  bool more_follow_ = false;  // in this turn, behind the one that is delivered
  bool announced_ = false;    // to the storage, that more follow
  bool ended_ = false;        // with done_mutex_ too
  // Keeps the context running while there are any.
  std::optional<asio::executor_work_guard<asio::any_io_executor>> work_;

  // Of those who complete them, on a cache line of their own.
  alignas(64) std::mutex done_mutex_;
  Pending* first_done_ = nullptr;  // by next_done_, in the order of completion
  Pending* last_done_ = nullptr;   // unless there is none
  bool turn_is_posted_ = false;    // or under way
};

// Tells the managers of an execution context that it ends.
class DeliveriesService final : public asio::execution_context::service {
 public:
  using key_type = DeliveriesService;
  inline static asio::execution_context::id id;

  explicit DeliveriesService(asio::execution_context& context)
      : asio::execution_context::service(context) {}

  static std::shared_ptr<Deliveries> make(const asio::any_io_executor& executor,
                                          AsyncStorage& storage) {
    asio::execution_context& context = asio::query(executor, asio::execution::context);
    auto& service = asio::use_service<DeliveriesService>(context);
    auto deliveries = std::make_shared<Deliveries>(executor, storage);
    const std::lock_guard lock(service.mutex_);
    std::erase_if(service.all_, [](const auto& each) { return each.expired(); });
    service.all_.push_back(deliveries);
    return deliveries;
  }

 private:
  void shutdown() noexcept override {
    for (const auto& each : all_) {
      if (const auto deliveries = each.lock()) deliveries->end();
    }
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<Deliveries>> all_;  // guarded by mutex_
};

// Releases a lease that nobody holds any more. Nobody waits for it.
class AbandonedLease final : public Completion {
 public:
  static void release(const ProxyManager& manager, AsyncStorage& storage, const Lease& lease) {
    storage.start_release(lease, *new AbandonedLease(manager));
  }

 private:
  explicit AbandonedLease(const ProxyManager& manager) : manager_(manager) {}

  void complete() noexcept override {
    if (error) manager_.report_error("release of an abandoned lease", error);
    delete this;
  }

  const ProxyManager& manager_;
};

// An operation with its handler. What it does is the Kind's:
//
//   kAcquires                    whether what it gets must be released when nobody takes it
//   Outcome                      what the handler gets beside the exception
//   start(AsyncStorage&, Completion&)   once; the operation may be gone when it returns
//   Outcome finish(LeaseResult&&)   runs the callbacks
template <class Kind, class Handler>
class Operation final : public Completion, public Pending {
  using Executor = asio::associated_executor_t<Handler, asio::any_io_executor>;
  using Allocator = typename std::allocator_traits<
      asio::associated_allocator_t<Handler>>::template rebind_alloc<Operation>;
  using Traits = std::allocator_traits<Allocator>;

 public:
  static void start(const ProxyManager& manager, AsyncStorage& storage,
                    std::shared_ptr<Deliveries> deliveries, Kind kind, Handler handler) {
    Allocator allocator(asio::get_associated_allocator(handler));
    Operation* const place = Traits::allocate(allocator, 1);
    Operation* operation = nullptr;
    try {
      operation = ::new (place) Operation(allocator, manager, storage, std::move(deliveries),
                                          std::move(kind), std::move(handler));
    } catch (...) {
      Traits::deallocate(allocator, place, 1);
      throw;
    }
    operation->begin();
  }

 private:
  // Brings the operation to its handler's executor, or, destroyed on the way, abandons it.
  class Passage {
   public:
    using allocator_type = Allocator;

    explicit Passage(Operation* operation)
        : allocator_(operation->allocator_), operation_(operation) {}
    Passage(Passage&& other) noexcept
        : allocator_(other.allocator_), operation_(std::exchange(other.operation_, nullptr)) {}
    Passage& operator=(Passage&&) = delete;
    ~Passage() {
      if (operation_ == nullptr) return;
      operation_->orphan();
      operation_->bury();
    }

    allocator_type get_allocator() const noexcept { return allocator_; }
    void operator()() { std::exchange(operation_, nullptr)->call_handler(); }

   private:
    Allocator allocator_;
    Operation* operation_;
  };

  Operation(const Allocator& allocator, const ProxyManager& manager, AsyncStorage& storage,
            std::shared_ptr<Deliveries> deliveries, Kind kind, Handler handler)
      : allocator_(allocator),
        manager_(manager),
        storage_(storage),
        kind_(std::move(kind)),
        deliveries_(std::move(deliveries)),
        handler_(std::move(handler)) {
    Executor executor = asio::get_associated_executor(*handler_, deliveries_->executor());
    if constexpr (std::is_same_v<Executor, asio::any_io_executor>) {
      if (executor == deliveries_->executor()) return;
    }
    work_.emplace(std::move(executor));
  }

  void begin() {
    const Deliveries::Added added = deliveries_->add(*this);
    more_follow = added == Deliveries::Added::more_follow;
    if (added == Deliveries::Added::orphan) {
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

  void complete() noexcept override { deliveries_->complete(*this); }

  void deliver() override {
    if (!work_) return call_handler();
    asio::dispatch(work_->get_executor(), Passage(this));
  }

  void call_handler() {
    if (Kind::kAcquires && cancelled_ && !error) {
      if (result.lease && !gives_back_) {
        const Lease lease = *std::exchange(result.lease, std::nullopt);
        gives_back_ = true;
        more_follow = deliveries_->add(*this) == Deliveries::Added::more_follow;
        return storage_.start_release(lease, *this);
      }
      error = std::make_exception_ptr(asio::system_error(asio::error::operation_aborted));
    }
    disconnect();
    auto outcome = error ? typename Kind::Outcome{} : kind_.finish(std::move(result));
    const std::exception_ptr failure = error;
    const auto work = std::exchange(work_, std::nullopt);
    Handler handler(std::move(*handler_));
    destroy();
    std::move(handler)(failure, std::move(outcome));
  }

  void orphan() noexcept override {
    disconnect();
    handler_.reset();
    work_.reset();
    storage_.cancel(*this);
  }

  void bury() noexcept override {
    if (Kind::kAcquires && result.lease && !gives_back_) {
      AbandonedLease::release(manager_, storage_, *result.lease);
    }
    destroy();
  }

  void disconnect() {
    if (auto slot = asio::get_associated_cancellation_slot(*handler_); slot.is_connected()) {
      slot.clear();
    }
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
  const std::shared_ptr<Deliveries> deliveries_;
  // Neither is there any more when the context has ended. Keeps the handler's context running,
  // where it is not the manager's.
  std::optional<asio::executor_work_guard<Executor>> work_;
  std::optional<Handler> handler_;

  // By the handler's executor.
  bool cancelled_ = false;
  bool gives_back_ = false;  // what it got: `result` is that of the release then
};

}  // namespace pharox::async
