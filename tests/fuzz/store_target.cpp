// Input: rows of a store, each with fields of its own that may be anything that a sound row may
// hold, under sound checksums: what a hostile hand could write, or an error of ours. The store is
// opened and used.
#include "pharox/errors.h"
#include "tests/fixtures/records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/input_bytes.h"
#include "tests/fuzz/opened_store.h"

namespace pharox::tests {
namespace {

using storage::Change;

constexpr int kMaxRows = 200;
constexpr std::size_t kChangeKinds = 8;

class Rows {
 public:
  explicit Rows(std::string_view bytes) : in_(bytes) {}

  bool empty() const { return in_.empty(); }

  // Nothing for a row that is not sound by itself: the codec's to refuse.
  std::optional<Change> next() {
    try {
      return read();
    } catch (const InvalidArgumentError&) {
      return std::nullopt;
    }
  }

 private:
  Change read() {
    switch (in_.byte() % kChangeKinds) {
      case 0: {
        ProxyPool pool = pool_of(0, name());
        pool.id = pool_id();
        return storage::PutPool{valid(pool)};
      }
      case 1:
        return storage::PutConsumer{valid(Consumer{.id = consumer_id(), .name = name()})};
      case 2:
        return storage::PutProxy{valid(proxy())};
      case 3:
        return storage::PutLease{valid(lease())};
      case 4: {
        format::StoredLease ended = lease();
        ended.lease.status = LeaseStatus::released;
        ended.lease.released_at = time();
        ended.lease.end_reason = EndReason::expired;
        return storage::EndLease{valid(ended)};
      }
      case 5:
        return storage::PutCursor{pool_id(), any_id()};
      case 6:
        return storage::PutTokenMark{number()};
      default:
        return storage::PutBootAnchor{{.boot_id = boot_id(), .wall = time(), .since_boot = span()}};
    }
  }

  Proxy proxy() {
    Proxy proxy = proxy_of(1, pool_id());
    proxy.id = proxy_id();
    const std::uint8_t has = in_.byte();
    if (has & 1) proxy.max_concurrency = in_.byte();
    if (has & 2) proxy.latitude = in_.real();
    if (has & 4) proxy.longitude = in_.real();
    if (has & 8) proxy.checked_at = time();
    if (has & 16) proxy.status = ProxyStatus{in_.byte()};
    if (has & 32) proxy.country = name();
    return proxy;
  }

  format::StoredLease lease() {
    format::StoredLease stored;
    stored.lease.id = any_id();
    stored.lease.proxy_id = proxy_id();
    stored.lease.consumer_id = consumer_id();
    stored.lease.pool_id = pool_id();
    stored.lease.pool_name = name();
    stored.lease.acquired_at = time();
    stored.lease.expires_at = time();
    stored.lease.token = number();
    stored.duration = span();
    stored.deadline_since_boot = span();
    stored.boot_id = boot_id();
    return stored;
  }

  template <class Record>
  Record valid(Record record) {
    validate(record);
    return record;
  }

  Uuid pool_id() { return id_of(100 + in_.byte() % 3); }
  Uuid proxy_id() { return id_of(1 + in_.byte() % 6); }
  Uuid consumer_id() { return id_of(200 + in_.byte() % 3); }
  Uuid boot_id() { return in_.byte() % 2 ? id_of(kBootNumber) : id_of(404); }
  Uuid any_id() {
    Uuid id;
    const std::string_view raw = in_.take(id.bytes.size());
    std::copy(raw.begin(), raw.end(), id.bytes.begin());
    return id;
  }
  std::string name() { return std::string(1, static_cast<char>('a' + in_.byte() % 4)); }
  // Small ones, and any of 64 bits.
  std::uint64_t number() {
    const std::uint8_t first = in_.byte();
    return first < 128 ? first : in_.word();
  }
  Duration span() { return Duration{static_cast<Duration::rep>(number())}; }
  // Around the present, and anywhere: the sum may wrap around.
  Timestamp time() {
    const auto present = static_cast<std::uint64_t>(kStart.time_since_epoch().count());
    return Timestamp{Duration{static_cast<Duration::rep>(present - 64 + number())}};
  }

  InputBytes in_;
};

std::string text(std::initializer_list<int> bytes) {
  std::string result;
  for (const int byte : bytes) result += static_cast<char>(byte);
  return result;
}

}  // namespace

void fuzz_store(std::string_view bytes) {
  Rows rows(bytes);
  SimulatedDisk disk(Durability::sync);
  for (int count = 0; count < kMaxRows && !rows.empty(); ++count) {
    if (const auto change = rows.next()) disk.append({*change});
  }
  open_and_use(disk);
}

std::vector<std::string> store_seeds() {
  const std::string records = text({0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 2, 0, 0, 0, 2, 0, 1, 1, 2});
  const auto lease = [](int kind, char id, int token) {
    return text({kind}) + std::string("\1\2\3\4\5\6\x70\1\x80\1\1\1\1\1\1", 15) + id +
           text({0, 0, 0, 0, 64, 100, token, 30, 90, 1});
  };
  return {
      records,
      records + lease(3, '\1', 1) + lease(3, '\2', 2) + text({6, 5}),
      records + lease(3, '\1', 1) + lease(4, '\3', 3) + text({6, 5, 7, 0, 64, 9, 5, 0}) +
          std::string(16, '\1'),
  };
}

}  // namespace pharox::tests
