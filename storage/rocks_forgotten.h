// Drops the rows of leases that the history has forgotten, as flushes and compactions come across
// them.
//
// What a compaction drops is gone for good, whatever a crash does to the commits that follow. So it
// goes by a bound that is durable.
//
// Thread safety: any thread.
#pragma once

#include <rocksdb/compaction_filter.h>

#include <atomic>
#include <cstdint>
#include <memory>

namespace pharox::storage {

class ForgottenLeases final : public rocksdb::CompactionFilterFactory {
 public:
  // Leases whose end has a number below `first` are forgotten.
  void forget_below(std::uint64_t first) { first_ = first; }

  // Flushes too: of many leases that ended, most are forgotten before they leave the memory.
  bool ShouldFilterTableFileCreation(rocksdb::TableFileCreationReason reason) const override {
    return reason == rocksdb::TableFileCreationReason::kFlush ||
           reason == rocksdb::TableFileCreationReason::kCompaction;
  }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "pharox.ForgottenLeases"; }

 private:
  std::atomic<std::uint64_t> first_{0};
};

}  // namespace pharox::storage
