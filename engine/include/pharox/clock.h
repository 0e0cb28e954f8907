// Clocks, as arguments: the real one, and one that tests move by hand.
#pragma once

#include <mutex>

#include "pharox/time.h"
#include "pharox/uuid.h"

namespace pharox {

// One moment, read on both clocks.
struct Moment {
  Timestamp wall{};       // for records and people; may be set, forwards and backwards
  Duration since_boot{};  // for deadlines; never set, counts through suspension
};

// Thread safety: every method, from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Moment now() const = 0;
  // Identifies the run of the machine that `since_boot` counts from.
  virtual Uuid boot_id() const = 0;
};

// CLOCK_REALTIME, CLOCK_BOOTTIME and the kernel's boot id. A wall clock that was set is seen after
// at most a millisecond.
class SystemClock final : public Clock {
 public:
  Moment now() const override;
  Uuid boot_id() const override;
};

// Stands still until moved.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Timestamp start) : now_{start, std::chrono::hours{1}} {}

  Moment now() const override;
  Uuid boot_id() const override;

  // Time passes: both clocks move on.
  void advance(Duration step);
  // Somebody sets the wall clock.
  void set_wall(Timestamp wall);
  // The machine restarts; `off` passes on the wall clock and the boot clock starts again.
  void reboot(Duration off);

 private:
  mutable std::mutex mutex_;
  Moment now_;                     // guarded by mutex_
  Uuid boot_id_ = Uuid::random();  // guarded by mutex_
};

}  // namespace pharox
