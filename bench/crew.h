// How much do many threads get done together? They are made before the clock runs, and share the
// work, so that all of them are busy to the end.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <latch>
#include <thread>
#include <utility>
#include <vector>

namespace pharox::bench {

class Crew {
 public:
  // Gets the number of the thread that does it, from 0. Must not throw.
  using Operation = std::function<void(std::size_t thread)>;

  // Returns when all threads are ready.
  Crew(std::size_t threads, std::size_t operations, Operation operation)
      : operation_(std::move(operation)),
        left_(static_cast<std::ptrdiff_t>(operations)),
        ready_(static_cast<std::ptrdiff_t>(threads)) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this, i] { follow(i); });
    ready_.wait();
  }

  // Returns when all operations are done. To be called once.
  void work() {
    start_.count_down();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void follow(std::size_t thread) {
    ready_.count_down();
    start_.wait();
    while (left_.fetch_sub(1) > 0) operation_(thread);
  }

  const Operation operation_;
  std::atomic<std::ptrdiff_t> left_;
  std::latch ready_;
  std::latch start_{1};
  std::vector<std::thread> threads_;
};

}  // namespace pharox::bench
