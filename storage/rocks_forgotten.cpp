#include "storage/rocks_forgotten.h"

#include <exception>
#include <string>

#include "format/codec.h"

namespace pharox::storage {
namespace {

class Filter final : public rocksdb::CompactionFilter {
 public:
  explicit Filter(std::uint64_t first) : first_(first) {}

  Decision FilterV2(int /*level*/, const rocksdb::Slice& key, ValueType type,
                    const rocksdb::Slice& value, std::string* /*new_value*/,
                    std::string* /*skip_until*/) const override {
    if (type != ValueType::kValue) return Decision::kKeep;
    const std::uint64_t number = format::end_number(key.ToStringView(), value.ToStringView());
    return number != 0 && number < first_ ? Decision::kRemove : Decision::kKeep;
  }
  const char* Name() const override { return "pharox.ForgottenLeases"; }

 private:
  const std::uint64_t first_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> ForgottenLeases::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context& /*context*/) {
  const std::uint64_t first = written_;
  if (first != durable_) {
    try {
      sync_();
      durable_ = first;
    } catch (const std::exception&) {
      // More is dropped another time. A database that could not sync takes no more changes.
    }
  }
  return std::make_unique<Filter>(durable_);
}

}  // namespace pharox::storage
