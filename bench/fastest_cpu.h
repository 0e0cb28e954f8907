// The CPU to measure on. Those of a virtual machine are not equally fast at a time: other machines
// take turns on the same cores (seen: one of two needed 1.6 times as long for the same work, and a
// quarter of an hour later it was the other).
#pragma once

#include <sched.h>

namespace pharox::bench {

// Tries each CPU that the program may run on with the same work, and keeps the calling thread, and
// those that it starts, on the one that did it first. Returns its number.
int move_to_fastest_cpu();

// Moves the calling thread to the other CPUs, where there are any: a second thread must not take
// turns with the first.
void move_to_other_cpus();

// While it lives, the calling thread and those that it starts may run on every CPU.
class OnAllCpus {
 public:
  OnAllCpus();
  ~OnAllCpus();
  OnAllCpus(const OnAllCpus&) = delete;
  OnAllCpus& operator=(const OnAllCpus&) = delete;

 private:
  const cpu_set_t before_;
};

}  // namespace pharox::bench
