#include "storage/rocks_forgotten.h"

#include <exception>
#include <string>

#include "format/codec.h"

namespace pharox::storage {
namespace {

class Filter final : public rocksdb::CompactionFilter {
 public:
  Filter(std::uint64_t first, const Pauses& pauses) : first_(first), pauses_(pauses) {}

  Decision FilterV2(int /*level*/, const rocksdb::Slice& key, ValueType type,
                    const rocksdb::Slice& value, std::string* /*new_value*/,
                    std::string* /*skip_until*/) const override {
    pauses_.between_rows();
    if (type != ValueType::kValue) return Decision::kKeep;
    const bool forgotten = format::ended_before(first_, key.ToStringView(), value.ToStringView());
    return forgotten ? Decision::kRemove : Decision::kKeep;
  }
  const char* Name() const override { return "pharox.ForgottenLeases"; }

 private:
  const std::uint64_t first_;
  const Pauses& pauses_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> ForgottenLeases::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context&) {
  const std::uint64_t first = written_;
  if (first != durable_) {
    try {
      sync_();
      durable_ = first;
    } catch (const std::exception&) {
      // More is dropped another time. A database that could not sync takes no more changes.
    }
  }
  return std::make_unique<Filter>(durable_, *pauses_);
}

}  // namespace pharox::storage
