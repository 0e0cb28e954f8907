#include "pharox/clock.h"

#include <time.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include "pharox/errors.h"

namespace pharox {
namespace {

Duration read_clock(clockid_t id) {
  timespec time{};
  if (clock_gettime(id, &time) != 0) {
    throw StorageError("reading a clock failed: " + std::generic_category().message(errno));
  }
  return std::chrono::seconds{time.tv_sec} +
         std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{time.tv_nsec});
}

}  // namespace

Moment SystemClock::now() const {
  // Reading a clock is a tenth of what a lease costs in memory, so the second one is mostly
  // reckoned: how far the two are apart changes only when somebody sets the wall clock, and is read
  // again after a millisecond.
  constexpr Duration kReckoned = std::chrono::milliseconds{1};
  thread_local Duration compared_at = Duration::min();
  thread_local Duration wall_ahead{};
  const Duration since_boot = read_clock(CLOCK_BOOTTIME);
  if (compared_at == Duration::min() || since_boot - compared_at > kReckoned) {
    wall_ahead = read_clock(CLOCK_REALTIME) - since_boot;
    compared_at = since_boot;
  }
  return {Timestamp{since_boot + wall_ahead}, since_boot};
}

Uuid SystemClock::boot_id() const {
  static const Uuid id = [] {
    std::string text;
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::getline(file, text);
    // Without one (no /proc) every start counts as a new boot: the wall clock decides, clamped.
    return Uuid::parse(text).value_or(Uuid::random());
  }();
  return id;
}

Moment VirtualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

Uuid VirtualClock::boot_id() const {
  const std::lock_guard lock(mutex_);
  return boot_id_;
}

void VirtualClock::advance(Duration step) {
  const std::lock_guard lock(mutex_);
  now_.wall += step;
  now_.since_boot += step;
}

void VirtualClock::set_wall(Timestamp wall) {
  const std::lock_guard lock(mutex_);
  now_.wall = wall;
}

void VirtualClock::reboot(Duration off) {
  const std::lock_guard lock(mutex_);
  now_.wall += off;
  now_.since_boot = Duration{0};
  boot_id_ = Uuid::random();
}

}  // namespace pharox
