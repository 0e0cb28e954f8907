// Reading ahead gives every row, in order, tells of every bad one, and stops when it is told to.
#include "storage/decoded_rows.h"

#include <gtest/gtest.h>

#include "format/keys.h"
#include "tests/storage/store_frame.h"

namespace pharox::tests {
namespace {

using namespace storage;

// So many rows, whose values are their numbers; then, if so told, an error.
class NumberedRows final : public RowSource {
 public:
  explicit NumberedRows(int rows, bool fails = false) : rows_(rows), fails_(fails) {}
  void visit(format::Table, std::string_view, const RowVisitor& visit) override {
    for (int i = 0; i < rows_; ++i) {
      const std::string key = format::number_key(static_cast<std::uint64_t>(i));
      if (!visit(key, std::to_string(i))) return;
      ++visited;
    }
    if (fails_) throw StorageError("the disk is gone");
  }
  std::optional<std::string> last_key(format::Table) override { return std::nullopt; }
  int visited = 0;

 private:
  const int rows_;
  const bool fails_;
};

void decode(std::string_view, std::string_view value, std::string& into) {
  if (value.ends_with("7")) throw CorruptionError("bad " + std::string(value));
  into = value;
}

struct Taken {
  std::vector<std::string> records;
  std::vector<std::string> failures;
};

Taken take_all(DecodedRows<std::string>& rows) {
  Taken taken;
  while (rows.next([&](const auto& batch) {
    for (const auto& record : batch.records()) taken.records.push_back(record);
    for (const auto& failure : batch.failures()) taken.failures.push_back(failure.reason);
  })) {
  }
  return taken;
}

void expect_all(int count, std::size_t batches) {
  SCOPED_TRACE(std::to_string(count) + " rows, " + std::to_string(batches) + " batches");
  NumberedRows source(count);
  DecodedRows<std::string> rows(source, format::Table::proxies, decode, batches);
  Taken expected;
  for (int i = 0; i < count; ++i) {
    const std::string text = std::to_string(i);
    text.ends_with("7") ? expected.failures.push_back("bad " + text)
                        : expected.records.push_back(text);
  }
  const Taken taken = take_all(rows);
  EXPECT_EQ(taken.records, expected.records);
  EXPECT_EQ(taken.failures, expected.failures);
}

TEST(DecodedRows, ComeAllInOrderAndBadOnesAreTold) {
  for (const int count : {0, 1, 7, 8, 255, 256, 257, 5000, 50'000}) {
    for (const std::size_t batches : {2, 3, 16}) expect_all(count, batches);
  }
}

TEST(DecodedRows, AWalkThatFailsIsThrownBehindTheRowsBeforeIt) {
  NumberedRows source(600, true);
  DecodedRows<std::string> rows(source, format::Table::proxies, decode, 3);
  std::size_t taken = 0;
  EXPECT_EQ(message_of<StorageError>([&] {
              while (rows.next([&](const auto& batch) {
                taken += batch.records().size() + batch.failures().size();
              })) {
              }
            }),
            "the disk is gone");
  EXPECT_EQ(taken, 600u);
}

TEST(DecodedRows, WhoeverHasEnoughIsNotMadeToWait) {
  NumberedRows source(1'000'000);
  {
    DecodedRows<std::string> rows(source, format::Table::proxies, decode, 3);
    EXPECT_TRUE(rows.next([](const auto&) {}));
  }
  EXPECT_LE(source.visited, 6 * 256);  // what the batches hold
}

}  // namespace
}  // namespace pharox::tests
