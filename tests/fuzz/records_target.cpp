// Input: the kind, whether the checksum is made to match, the length of the key, the key, the
// value.
#include <array>
#include <functional>

#include "format/codec.h"
#include "format/keys.h"
#include "format/persisted.h"
#include "format/sealed_value.h"
#include "pharox/errors.h"
#include "tests/format/sample_records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_bytes.h"

namespace pharox::tests {
namespace {

using namespace format;

// What was accepted must be written and read back as the same.
template <class Record>
void decode_twice(std::string_view key, std::string_view value,
                  Record (*decode)(std::string_view, std::string_view),
                  std::string (*encode_again)(const Record&)) {
  const Record record = decode(key, value);
  require(decode(key, encode_again(record)) == record, "a record changes when it is written");
}

std::string encode_row(const LeaseRow& row) { return encode(row.stored, row.end_number); }

// A row that can be read shows the same number to those who want nothing else.
void require_same_end(std::string_view key, std::string_view value) {
  const bool ended = ended_before(kMaxEndNumber, key, value);
  const std::uint64_t number = decode_lease(key, value).end_number;
  require(ended == (number != 0 && number < kMaxEndNumber), "another end number");
  require(!ended_before(number, key, value), "an end before itself");
}

constexpr std::size_t kRecordKinds = 8;

void decode_as(std::size_t kind, std::string_view key, std::string_view value) {
  switch (kind) {
    case 0:
      return decode_twice<ProxyPool>(key, value, decode_pool, encode);
    case 1:
      return decode_twice<Consumer>(key, value, decode_consumer, encode);
    case 2:
      return decode_twice<Proxy>(key, value, decode_proxy, encode);
    case 3:
      require_same_end(key, value);
      return decode_twice<LeaseRow>(key, value, decode_lease, encode_row);
    case 4:
      return decode_twice<HealthCheckResult>(key, value, decode_health, encode);
    case 5:
      return decode_twice<BootAnchor>(key, value, decode_boot_anchor, encode);
    case 6: {
      const std::uint64_t number = decode_number(key, value);
      return require(decode_number(key, encode_number(key, number)) == number, "another number");
    }
    default: {
      const Uuid pool_id = parse_cursor_key(key);
      const Uuid last = decode_cursor(key, value);
      return require(decode_cursor(key, encode_cursor(pool_id, last)) == last, "another cursor");
    }
  }
}

template <class Call>
void allow_corruption(Call call) {
  try {
    call();
  } catch (const CorruptionError&) {
  }
}

std::string input(std::size_t kind, const std::string& key, std::string value) {
  value.resize(value.size() - kSealSize);
  return std::string{static_cast<char>(kind), '\1', static_cast<char>(key.size())} + key + value;
}

}  // namespace

void fuzz_records(std::string_view bytes) {
  InputBytes in(bytes);
  const std::size_t kind = in.byte() % kRecordKinds;
  const bool sealed = in.byte() % 2 == 1;
  const std::string key(in.take(in.byte() % 32));
  std::string value(in.rest());
  if (sealed) seal(key, value);

  require(!key_text(key).empty() || key.empty(), "a key without a text");
  allow_corruption([&] { require(uuid_key(parse_uuid_key(key)) == key, "another id"); });
  allow_corruption([&] { require(number_key(parse_number_key(key)) == key, "another number"); });
  allow_corruption([&] { require(cursor_key(parse_cursor_key(key)) == key, "another pool"); });
  allow_corruption([&] { decode_as(kind, key, value); });
}

std::vector<std::string> record_seeds() {
  using namespace format::testing;
  const auto key = [](int number) { return uuid_key(format::testing::id_of(number)); };
  return {
      input(0, key(1), encode(full_pool())),
      input(0, key(1), encode(bare_pool())),
      input(1, key(2), encode(full_consumer())),
      input(2, key(3), encode(full_proxy())),
      input(2, key(3), encode(bare_proxy())),
      input(3, key(4), encode(active_lease())),
      input(3, key(4), encode(ended_lease(), 77)),
      input(4, key(3), encode(full_health())),
      input(4, key(3), encode(bare_health())),
      input(5, std::string(kBootAnchorKey), encode(boot_anchor())),
      input(6, std::string(kTokenMarkKey), encode_number(kTokenMarkKey, 5)),
      input(7, cursor_key(format::testing::id_of(1)),
            encode_cursor(format::testing::id_of(1), format::testing::id_of(3))),
  };
}

}  // namespace pharox::tests
