#include "pharox/uuid.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <charconv>

#include "format/bits.h"

namespace pharox {

namespace {

using format::store_big_endian;

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool hyphen_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

// A version 7 id without its version and variant bits is one number of 122 bits: 48 of
// milliseconds, then 74 random ones. Here in two parts, so that a carry out of the random bits
// runs on into the milliseconds.
struct Payload {
  std::uint64_t high;  // 60 bits: milliseconds, 12 random
  std::uint64_t low;   // 62 bits: random
};

constexpr std::uint64_t kHighMax = (std::uint64_t{1} << 60) - 1;
constexpr std::uint64_t kLowMax = (std::uint64_t{1} << 62) - 1;

Uuid from_payload(int version, Payload payload) {
  Uuid id;
  store_big_endian(
      (payload.high >> 12) << 16 | std::uint64_t(version) << 12 | (payload.high & 0xfff),
      id.bytes.data());
  store_big_endian(std::uint64_t{2} << 62 | payload.low, id.bytes.data() + 8);
  return id;
}

Payload to_payload(const Uuid& id) {
  const std::uint64_t high = id.high();
  const std::uint64_t low = id.low();
  return {(high >> 16) << 12 | (high & 0xfff), low & kLowMax};
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

// A child process starts with a copy of its parent's generator, and would repeat the parent's ids.
std::atomic<unsigned> forks{0};

}  // namespace

Uuid Uuid::random() {
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  thread_local unsigned forks_seen = forks.load(std::memory_order_relaxed);
  thread_local UuidGenerator generator{random_seed()};
  if (const unsigned now = forks.load(std::memory_order_relaxed); now != forks_seen) {
    generator = UuidGenerator{random_seed()};
    forks_seen = now;
  }
  return generator.v4();
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  const char* p = text.data();
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (hyphen_before(i) && *p++ != '-') return std::nullopt;
    const auto [end, error] = std::from_chars(p, p + 2, id.bytes[i], 16);
    if (error != std::errc{} || end != p + 2) return std::nullopt;
    p += 2;
  }
  return id;
}

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (hyphen_before(i)) text += '-';
    text += kHexDigits[bytes[i] >> 4];
    text += kHexDigits[bytes[i] & 15];
  }
  return text;
}

Uuid UuidGenerator::v4() {
  const std::uint64_t high = random_();
  return from_payload(4, {high & kHighMax, random_() & kLowMax});
}

Uuid UuidGenerator::v7(Timestamp now) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  const auto ms = std::clamp<std::int64_t>(since_epoch.count(), 0, (std::int64_t{1} << 48) - 1);
  const std::uint64_t random = random_();
  Payload next{std::uint64_t(ms) << 12 | (random & 0xfff), random_() & kLowMax};

  if (const Payload last = to_payload(last_v7_); next.high >> 12 <= last.high >> 12) {
    const std::uint64_t step = 1 + (random >> 32);
    const Payload after{last.high + (kLowMax - last.low < step), (last.low + step) & kLowMax};
    // Nothing comes after an id observed at the very end of the range. Unique is then all that an
    // id can be.
    if (after.high > kHighMax) return from_payload(7, next);
    next = after;
  }
  return last_v7_ = from_payload(7, next);
}

void UuidGenerator::observe(const Uuid& id) {
  if (id <= last_v7_) return;
  const bool is_v7 = id.version() == 7 && id.bytes[8] >> 6 == 2;
  // The order of other ids within a millisecond is not that of their payloads: start after it.
  last_v7_ = is_v7 ? id : from_payload(7, {to_payload(id).high | 0xfff, kLowMax});
}

}  // namespace pharox

std::size_t std::hash<pharox::Uuid>::operator()(const pharox::Uuid& id) const noexcept {
  using pharox::format::mix;
  return mix(id.low() + 0x9e3779b97f4a7c15 * mix(id.high()));
}
