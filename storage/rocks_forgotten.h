// Drops the rows of leases that the history has forgotten, as whatever writes table files comes
// across them: flushes, compactions, and openings, which flush the log.
//
// What is dropped is gone for good, whatever a crash does to the commits that follow. So what says
// that it is forgotten is made durable first.
//
// Thread safety: any thread.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "storage/rocks_background.h"

namespace pharox::storage {

class ForgottenLeases final : public rocksdb::CompactionFilterFactory {
 public:
  // `sync` makes durable what was written before the call, or throws.
  ForgottenLeases(std::function<void()> sync, std::shared_ptr<const Pauses> pauses)
      : sync_(std::move(sync)), pauses_(std::move(pauses)) {}

  // Leases whose end has a number below `first` are forgotten: that is written, and perhaps
  // durable.
  void forget_below(std::uint64_t first, bool durable) {
    written_ = first;
    if (durable) durable_ = first;
  }
  std::uint64_t first() const { return written_; }

  bool ShouldFilterTableFileCreation(rocksdb::TableFileCreationReason) const override {
    return true;
  }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "pharox.ForgottenLeases"; }

 private:
  const std::function<void()> sync_;
  const std::shared_ptr<const Pauses> pauses_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> durable_{0};
};

}  // namespace pharox::storage
