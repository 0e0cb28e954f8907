// What the storages of this library do beyond IStorage: they queue callers until a proxy comes
// free, and answer through a callback instead of keeping a thread. ProxyManager and
// <pharox/async.h> use it; call those.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <vector>

#include "pharox/acquire_request.h"
#include "pharox/lease.h"
#include "pharox/uuid.h"

namespace pharox {

namespace engine {
class StorageShell;
}

struct LeaseResult {
  std::optional<Lease> lease{};
  AcquireTimes times{};  // of an acquire, where they were asked for
};

// The caller's side of a call that was started. Owned by the caller, and must live until
// complete(). Until then it is the storage's, but for `more_follow`.
class Completion {
 public:
  // Whoever started the call is about to start more: their commit may wait for them a moment, or
  // for AsyncStorage::hurry(). Set before the start.
  bool more_follow = false;

  // Once it is complete: the answer, which means nothing where there is an error. It is put here
  // when it is found, and stays, because whoever completes the call is another thread, on another
  // processor.
  std::exception_ptr error{};
  LeaseResult result{};

  // Called exactly once: by the thread that started the call, before start_... returns, or by any
  // other; never with a lock of the storage held. Must not block: others are waiting to be told.
  virtual void complete() noexcept = 0;

 protected:
  virtual ~Completion() = default;

 private:
  friend class engine::StorageShell;

  std::uint64_t wait_ = 0;  // its place in the queue; guarded by the storage's lock
  // Room for what the storage knows of the call while it is under way. Memory of its own would be
  // allocated by one thread and given back by another, at every call, and both would wait for the
  // allocator's lock.
  static constexpr std::size_t kCallSize = 64;
  alignas(std::max_align_t) std::byte call_[kCallSize];
};

// Thread safety: every call, from any thread. Errors go to the completion.
class AsyncStorage {
 public:
  // As ProxyManager::acquire_proxy, without its callbacks. `wants_times`: reading the clock a few
  // times more is not free.
  virtual void start_acquire(const AcquireRequest& request, bool wants_times, Completion& done) = 0;
  // Ends the wait of one that was started and stands in the queue: it completes without a lease.
  // Else does nothing: it is being answered already, or waits for nothing.
  virtual void cancel(Completion& done) = 0;
  // Whoever was about to start more has done so. Requires that one of them is not completed.
  virtual void hurry() {}
  // As IStorage::end_lease and renew_lease.
  virtual void start_release(const Lease& lease, Completion& done) = 0;
  virtual void start_renew(const Lease& lease, Duration duration, Completion& done) = 0;

 protected:
  ~AsyncStorage() = default;
};

// A storage that is closed, or can no longer write, ends every wait with StorageError, in the order
// of arrival.
class NativeStorage : public AsyncStorage {
 public:
  // As those of ProxyManager, without its callbacks. `times`: where they are wanted.
  virtual std::optional<Lease> acquire(const AcquireRequest& request, AcquireTimes* times) = 0;
  virtual std::vector<Lease> acquire_many(const AcquireRequest& request, std::size_t count,
                                          AcquireTimes* times) = 0;

 protected:
  ~NativeStorage() = default;
};

}  // namespace pharox
