#include "storage/rocks_background.h"

#include <rocksdb/perf_level.h>
#include <sys/resource.h>

#include <chrono>
#include <optional>
#include <thread>

namespace pharox::storage {
namespace {

class Turns {
 public:
  void between_rows(const std::atomic<bool>& recovering) {
    if (++rows_ % kRowsBetweenLooks != 0 || Clock::now() < end_) return;
    std::this_thread::sleep_for(recovering ? kLongPause : kPause);
    end_ = Clock::now() + kTurn;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kRowsBetweenLooks = 64;  // some tens of microseconds
  static constexpr std::chrono::microseconds kTurn{500};
  static constexpr std::chrono::microseconds kPause{50};
  static constexpr std::chrono::microseconds kLongPause{20'000};

  std::uint64_t rows_ = 0;
  Clock::time_point end_ = Clock::now() + kTurn;
};

thread_local std::optional<Turns> turns_of_background;

// Takes a file's rows and has nothing to say about them.
class RowsOfAFile final : public rocksdb::TablePropertiesCollector {
 public:
  explicit RowsOfAFile(const Pauses& pauses) : pauses_(pauses) {}

  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice&, rocksdb::EntryType,
                             rocksdb::SequenceNumber, std::uint64_t) override {
    pauses_.between_rows();
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties*) override {
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return {}; }
  const char* Name() const override { return "pharox.Pauses"; }

 private:
  const Pauses& pauses_;
};

}  // namespace

void Pauses::between_rows() const {
  if (turns_of_background) turns_of_background->between_rows(recovering_);
}

rocksdb::TablePropertiesCollector* Pauses::CreateTablePropertiesCollector(Context) {
  return new RowsOfAFile(*this);
}

void ModestBackground::set_up_thread() {
  constexpr int kNice = 10;
  ::setpriority(PRIO_PROCESS, 0, kNice);
  rocksdb::SetPerfLevel(rocksdb::kDisable);
  turns_of_background.emplace();
}

}  // namespace pharox::storage
