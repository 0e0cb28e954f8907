#include "storage/recovery.h"

#include <optional>
#include <string>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"
#include "storage/decoded_rows.h"

namespace pharox::storage {
namespace {

using format::Table;

const Uuid& id_of(const Proxy& proxy) { return proxy.id; }
const Uuid& id_of(const format::StoredLease& stored) { return stored.lease.id; }

template <class Restore>
void feed_row(Table table, std::string_view key, const RecoveryErrorHandler& on_error,
              const Restore& restore) {
  try {
    restore();
  } catch (const CorruptionError& error) {
    if (!on_error) throw;
    on_error(table, key, error.what());
  }
}

template <class Restore>
void feed(RowSource& source, Table table, const RecoveryErrorHandler& on_error,
          const Restore& restore) {
  source.visit(table, {}, [&](std::string_view key, std::string_view value) {
    feed_row(table, key, on_error, [&] { restore(key, value); });
    return true;
  });
}

// A table of fewer rows is read in less time than a thread needs to be worth it.
constexpr std::size_t kWorthAThread = 10'000;

// Batches that may be ahead of the sink. Leases are read while proxies are still restored, as far
// ahead as a few megabytes take.
constexpr std::size_t kProxyBatches = 16;
constexpr std::size_t kLeaseBatches = 256;

template <class Record, class Restore>
void feed_ahead(DecodedRows<Record>& rows, Table table, RecoverySink& sink,
                const RecoveryErrorHandler& on_error, const Restore& restore) {
  const auto feed_batch = [&](const auto& batch) {
    for (const auto& [key, reason] : batch.failures()) {
      if (!on_error) throw CorruptionError(reason);
      on_error(table, key, reason);
    }
    sink.look_ahead(batch.records());
    for (const Record& record : batch.records()) {
      try {
        restore(record);
      } catch (const CorruptionError& error) {
        if (!on_error) throw;
        on_error(table, format::uuid_key(id_of(record)), error.what());
      }
    }
  };
  while (rows.next(feed_batch)) {
  }
}

// The rows of a large table are read and decoded ahead from the making of this on.
template <class Record>
class Records {
 public:
  using Decode = typename DecodedRows<Record>::Decode;

  Records(RowSource& source, Table table, Decode decode, std::size_t batches)
      : source_(source), table_(table), decode_(decode) {
    if (source.estimated_rows(table) >= kWorthAThread) {
      ahead_.emplace(source, table, decode, batches);
    }
  }

  template <class Restore>
  void feed_to(RecoverySink& sink, const RecoveryErrorHandler& on_error, const Restore& restore) {
    if (ahead_) return feed_ahead(*ahead_, table_, sink, on_error, restore);
    feed(source_, table_, on_error,
         [&](std::string_view key, std::string_view value) { restore(decode_(key, value)); });
  }

 private:
  RowSource& source_;
  const Table table_;
  const Decode decode_;
  std::optional<DecodedRows<Record>> ahead_;
};

void restore_meta(RecoverySink& sink, std::string_view key, std::string_view value) {
  if (key.starts_with(format::kCursorPrefix)) {
    sink.restore_cursor(format::parse_cursor_key(key), format::decode_cursor(key, value));
  } else if (key == format::kTokenMarkKey) {
    sink.restore_token_mark(format::decode_number(key, value));
  } else if (key == format::kBootAnchorKey) {
    sink.restore_boot_anchor(format::decode_boot_anchor(key, value));
  } else if (key == format::kFormatVersionKey || key == format::kHistoryFirstKey) {
    format::decode_number(key, value);  // the journal's own; here only: is it whole?
  } else {
    throw CorruptionError("table meta, key " + format::key_text(key) + ": unknown key");
  }
}

}  // namespace

void recover(RowSource& source, RecoverySink& sink, const RecoveryErrorHandler& on_error) {
  Records<Proxy> proxies(source, Table::proxies, format::decode_proxy, kProxyBatches);
  Records<format::StoredLease> leases(source, Table::leases, format::decode_active_lease,
                                      kLeaseBatches);
  feed(source, Table::pools, on_error,
       [&](auto key, auto value) { sink.restore_pool(format::decode_pool(key, value)); });
  feed(source, Table::consumers, on_error,
       [&](auto key, auto value) { sink.restore_consumer(format::decode_consumer(key, value)); });
  sink.expect(source.estimated_rows(Table::proxies), source.estimated_rows(Table::leases));
  proxies.feed_to(sink, on_error, [&](const Proxy& proxy) { sink.restore_proxy(proxy); });
  leases.feed_to(sink, on_error,
                 [&](const format::StoredLease& lease) { sink.restore_lease(lease); });
  feed(source, Table::meta, on_error,
       [&](auto key, auto value) { restore_meta(sink, key, value); });
  if (const auto last = source.last_key(Table::lease_history)) {
    feed_row(Table::lease_history, *last, on_error,
             [&] { sink.restore_last_ended(format::parse_uuid_key(*last)); });
  }
  sink.finish_recovery();
}

}  // namespace pharox::storage
