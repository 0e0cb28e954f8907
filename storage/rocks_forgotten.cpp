#include "storage/rocks_forgotten.h"

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
  return std::make_unique<Filter>(first_);
}

}  // namespace pharox::storage
