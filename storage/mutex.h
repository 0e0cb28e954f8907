// A mutex, its scoped lock and its condition variable, for clang's thread-safety analysis: what a
// mutex guards and what a function needs held is checked when clang compiles, and costs nothing.
//
//   Mutex mutex_;
//   std::deque<Entry> queue_ PHAROX_GUARDED_BY(mutex_);
//   void take_group() PHAROX_REQUIRES(mutex_);
//
//   MutexLock lock(mutex_);
//   while (queue_.empty()) arrived_.wait(mutex_);
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define PHAROX_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define PHAROX_THREAD_ANNOTATION(x)
#endif

#define PHAROX_CAPABILITY(name) PHAROX_THREAD_ANNOTATION(capability(name))
#define PHAROX_SCOPED_CAPABILITY PHAROX_THREAD_ANNOTATION(scoped_lockable)
#define PHAROX_GUARDED_BY(mutex) PHAROX_THREAD_ANNOTATION(guarded_by(mutex))
#define PHAROX_PT_GUARDED_BY(mutex) PHAROX_THREAD_ANNOTATION(pt_guarded_by(mutex))
#define PHAROX_REQUIRES(...) PHAROX_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define PHAROX_EXCLUDES(...) PHAROX_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define PHAROX_ACQUIRE(...) PHAROX_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define PHAROX_RELEASE(...) PHAROX_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define PHAROX_TRY_ACQUIRE(...) PHAROX_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define PHAROX_RETURN_CAPABILITY(mutex) PHAROX_THREAD_ANNOTATION(lock_returned(mutex))
#define PHAROX_NO_THREAD_SAFETY_ANALYSIS PHAROX_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace pharox::storage {

class PHAROX_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Tries again for as long as it takes to sleep and to be woken: most are held for less.
  void lock() PHAROX_ACQUIRE() {
    constexpr int kTries = 100;
    for (int tries = 0; tries < kTries; ++tries) {
      if (mutex_.try_lock()) return;
      pause();
    }
    mutex_.lock();
  }
  void unlock() PHAROX_RELEASE() { mutex_.unlock(); }
  bool try_lock() PHAROX_TRY_ACQUIRE(true) { return mutex_.try_lock(); }

 private:
  friend class CondVar;

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  std::mutex mutex_;
};

// Holds a mutex for a scope; may let go of it and take it again within.
class PHAROX_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) PHAROX_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() PHAROX_RELEASE() {
    if (held_) mutex_.unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void unlock() PHAROX_RELEASE() {
    mutex_.unlock();
    held_ = false;
  }
  void lock() PHAROX_ACQUIRE() {
    mutex_.lock();
    held_ = true;
  }

 private:
  Mutex& mutex_;
  bool held_ = true;
};

// Waits on the std::mutex inside, which costs less than std::condition_variable_any and its second
// mutex. A wait may end without a notification: ask for the condition again.
class CondVar {
 public:
  void wait(Mutex& mutex) PHAROX_REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    condition_.wait(held);
    held.release();  // the caller still holds it
  }

  // False when `deadline` passed.
  template <class Clock, class Span>
  bool wait_until(Mutex& mutex, const std::chrono::time_point<Clock, Span>& deadline)
      PHAROX_REQUIRES(mutex) {
    std::unique_lock<std::mutex> held(mutex.mutex_, std::adopt_lock);
    const bool notified = condition_.wait_until(held, deadline) == std::cv_status::no_timeout;
    held.release();
    return notified;
  }

  void notify_one() noexcept { condition_.notify_one(); }
  void notify_all() noexcept { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace pharox::storage
