// A number that threads wait on until it is another one.
//
// std::atomic does that too, but libstdc++ lets others have the processor four times before it
// sleeps. On Linux 6.6 and newer whoever does that beside a thread that computes gets it back when
// that one's turn is over, 4 ms later, however low its priority is (seen in the scheduler's
// events); one that sleeps gets it when it is woken. Among many that wait it saves most of the
// sleeping and waking. So here the caller decides.
//
// Thread safety: any thread.
#pragma once

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <limits>

namespace pharox::storage {

class WaitWord {
 public:
  explicit WaitWord(int value) : value_(value) {}
  WaitWord(const WaitWord&) = delete;
  WaitWord& operator=(const WaitWord&) = delete;

  int load() const { return value_.load(); }
  // Whoever changes it says who is to look.
  void store(int value) { value_.store(value); }
  bool replace(int expected, int value) { return value_.compare_exchange_strong(expected, value); }

  // Returns what it has become, which is not `value`. Yields so many times before it sleeps.
  int wait_while(int value, int yields) {
    for (;;) {
      if (const int now = load(); now != value) return now;
      if (yields > 0) {
        --yields;
        ::sched_yield();
      } else {
        futex(FUTEX_WAIT_PRIVATE, value);  // returns at once when it is another one by now
      }
    }
  }
  void wake_one() { futex(FUTEX_WAKE_PRIVATE, 1); }
  void wake_all() { futex(FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max()); }

 private:
  void futex(int operation, int value) {
    ::syscall(SYS_futex, &value_, operation, value, nullptr, nullptr, 0);
  }

  static_assert(sizeof(std::atomic<int>) == 4 && std::atomic<int>::is_always_lock_free);
  std::atomic<int> value_;
};

}  // namespace pharox::storage
