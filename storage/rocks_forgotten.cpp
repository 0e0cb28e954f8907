#include "storage/rocks_forgotten.h"

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <thread>

#include "format/codec.h"

namespace pharox::storage {
namespace {

// Sleeps for a moment now and then. Whoever is woken on this thread's processor waits until its
// turn ends, which is several milliseconds later, however low its priority is.
class Pauses {
 public:
  explicit Pauses(const std::atomic<bool>& recovering) : recovering_(recovering) {}

  // To be called often.
  void between_rows() {
    if (++rows_ % kRowsBetweenLooks != 0 || Clock::now() < next_) return;
    std::this_thread::sleep_for(recovering_ ? kLongPause : kPause);
    next_ = Clock::now() + kWork;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kRowsBetweenLooks = 64;  // some tens of microseconds
  static constexpr std::chrono::microseconds kWork{500};
  static constexpr std::chrono::microseconds kPause{50};
  static constexpr std::chrono::microseconds kLongPause{20'000};

  const std::atomic<bool>& recovering_;
  std::uint64_t rows_ = 0;
  Clock::time_point next_ = Clock::now() + kWork;
};

class Filter final : public rocksdb::CompactionFilter {
 public:
  // `recovering`: whether the store is, now. Of somebody who outlives this.
  Filter(std::uint64_t first, bool in_background, const std::atomic<bool>& recovering)
      : first_(first) {
    if (in_background) pauses_.emplace(recovering);
  }

  Decision FilterV2(int /*level*/, const rocksdb::Slice& key, ValueType type,
                    const rocksdb::Slice& value, std::string* /*new_value*/,
                    std::string* /*skip_until*/) const override {
    if (pauses_) pauses_->between_rows();
    if (type != ValueType::kValue) return Decision::kKeep;
    const bool forgotten = format::ended_before(first_, key.ToStringView(), value.ToStringView());
    return forgotten ? Decision::kRemove : Decision::kKeep;
  }
  const char* Name() const override { return "pharox.ForgottenLeases"; }

 private:
  const std::uint64_t first_;
  mutable std::optional<Pauses> pauses_;  // one thread uses a filter
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> ForgottenLeases::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& context) {
  const std::uint64_t first = written_;
  if (first != durable_) {
    try {
      sync_();
      durable_ = first;
    } catch (const std::exception&) {
      // More is dropped another time. A database that could not sync takes no more changes.
    }
  }
  const bool in_background = context.reason != rocksdb::TableFileCreationReason::kRecovery;
  return std::make_unique<Filter>(durable_, in_background, recovering_);
}

}  // namespace pharox::storage
