// What the worker tells the test while it lives, through a pipe: a record before each call, so that
// the test knows which calls a kill interrupted, and one after each call that has returned.
#pragma once

#include <unistd.h>

#include <climits>
#include <cstdint>

#include "pharox/uuid.h"

namespace pharox::tests {

enum class EventKind : std::uint32_t {
  acquiring,  // about to acquire
  acquired,   // the store has acknowledged this lease
  missed,     // the store has acknowledged that nothing was free
  releasing,  // about to release this lease
  released,   // the store has acknowledged that this lease has ended
};

struct Event {
  EventKind kind;
  std::uint32_t thread;
  std::uint64_t token;
  Uuid lease_id;
  Uuid proxy_id;
};

// A write of no more than PIPE_BUF bytes is wholly in the pipe or not at all, also when the writer
// is killed, and never mixed with another thread's.
static_assert(sizeof(Event) <= PIPE_BUF);

inline bool tell(int pipe, const Event& event) {
  return write(pipe, &event, sizeof event) == static_cast<ssize_t>(sizeof event);
}

}  // namespace pharox::tests
