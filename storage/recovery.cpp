#include "storage/recovery.h"

#include <sys/resource.h>

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"
#include "storage/decoded_rows.h"
#include "storage/key_order.h"

namespace pharox::storage {
namespace {

using format::Table;

// A table of fewer rows is read in less time than a thread needs to be worth it.
constexpr std::size_t kWorthAThread = 10'000;

// Proxies take longer than leases do. Where there are fewer processors than threads, those that
// read them and take them in go first, so that all are done at about the same time.
constexpr int kNice = 10;

// Batches of proxies that may be ahead of the sink.
constexpr std::size_t kBatches = 16;

[[noreturn]] void throw_error(Table, std::string_view, std::string_view reason) {
  throw CorruptionError(std::string(reason));
}

template <class Restore>
void feed_row(Table table, std::string_view key, const RecoveryErrorHandler& on_error,
              const Restore& restore) {
  try {
    restore();
  } catch (const CorruptionError& error) {
    on_error(table, key, error.what());
  }
}

template <class Restore>
void feed(RowSource& source, Table table, const RecoveryErrorHandler& on_error,
          const Restore& restore) {
  KeyOrder order;
  source.visit(table, {}, [&](std::string_view key, std::string_view value) {
    feed_row(table, key, on_error, [&] {
      order.take(table, key);
      restore(key, value);
    });
    return true;
  });
}

void feed_proxies(RowSource& source, RecoverySink& sink, const RecoveryErrorHandler& on_error) {
  const std::size_t expected = source.estimated_rows(Table::proxies);
  if (expected < kWorthAThread) {
    sink.expect_proxies(expected);
    return feed(source, Table::proxies, on_error, [&](auto key, auto value) {
      sink.restore_proxy(format::decode_proxy(key, value));
    });
  }
  DecodedRows<Proxy> rows(source, Table::proxies, format::decode_proxy_into, kBatches);
  sink.expect_proxies(expected);  // while the first are read
  const auto feed_batch = [&](const DecodedRows<Proxy>::Batch& batch) {
    for (const auto& [key, reason] : batch.failures()) on_error(Table::proxies, key, reason);
    sink.look_ahead(batch.records());
    for (const Proxy& proxy : batch.records()) {
      feed_row(Table::proxies, format::uuid_key_view(proxy.id), on_error,
               [&] { sink.restore_proxy(proxy); });
    }
  };
  while (rows.next(feed_batch)) {
  }
}

// Many leases are restored by a thread of their own from the making of this on.
class Leases {
 public:
  // Without `goes_on` the first error is thrown, else all are kept until finish().
  Leases(RowSource& source, RecoverySink& sink, bool goes_on)
      : source_(source),
        sink_(sink),
        goes_on_(goes_on),
        expected_(source.estimated_rows(Table::leases)) {
    if (expected_ < kWorthAThread) return;
    beside_ = std::async(std::launch::async, [this] {
      ::setpriority(PRIO_PROCESS, 0, kNice);
      feed();
    });
  }

  void finish(const RecoveryErrorHandler& on_error) {
    beside_.valid() ? beside_.get() : feed();
    for (const auto& [key, reason] : errors_) on_error(Table::leases, key, reason);
  }

 private:
  void feed() {
    const auto keep_error = [&](Table, std::string_view key, std::string_view reason) {
      if (!goes_on_) throw CorruptionError(std::string(reason));
      errors_.emplace_back(key, reason);
    };
    sink_.expect_leases(expected_);
    format::LeaseRow row;
    storage::feed(source_, Table::leases, keep_error, [&](auto key, auto value) {
      if (key.size() == sizeof(Uuid)) sink_.look_ahead(format::parse_uuid_key(key));
      format::decode_lease_into(key, value, row);
      row.ended() ? source_.take_ended(row) : sink_.restore_lease(row.stored);
    });
  }

  RowSource& source_;
  RecoverySink& sink_;
  const bool goes_on_;
  const std::size_t expected_;
  std::vector<std::pair<std::string, std::string>> errors_;  // keys and reasons
  std::future<void> beside_;  // last: waits in its destructor for what uses all of the above
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

void recover(RowSource& source, RecoverySink& sink, const RecoveryErrorHandler& handler) {
  const RecoveryErrorHandler on_error = handler ? handler : throw_error;
  feed(source, Table::pools, on_error,
       [&](auto key, auto value) { sink.restore_pool(format::decode_pool(key, value)); });
  feed(source, Table::consumers, on_error,
       [&](auto key, auto value) { sink.restore_consumer(format::decode_consumer(key, value)); });
  Leases leases(source, sink, static_cast<bool>(handler));
  feed_proxies(source, sink, on_error);
  leases.finish(on_error);
  source.took_all_ended();
  feed(source, Table::meta, on_error,
       [&](auto key, auto value) { restore_meta(sink, key, value); });
  if (const auto last = source.last_key(Table::leases)) {
    feed_row(Table::leases, *last, on_error,
             [&] { sink.restore_last_lease(format::parse_uuid_key(*last)); });
  }
  sink.finish_recovery(on_error);
}

}  // namespace pharox::storage
