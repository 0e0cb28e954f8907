#include "storage/recovery.h"

#include <string>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"

namespace pharox::storage {
namespace {

using format::Table;

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
  feed(source, Table::pools, on_error,
       [&](auto key, auto value) { sink.restore_pool(format::decode_pool(key, value)); });
  feed(source, Table::consumers, on_error,
       [&](auto key, auto value) { sink.restore_consumer(format::decode_consumer(key, value)); });
  feed(source, Table::proxies, on_error,
       [&](auto key, auto value) { sink.restore_proxy(format::decode_proxy(key, value)); });
  feed(source, Table::leases, on_error,
       [&](auto key, auto value) { sink.restore_lease(format::decode_active_lease(key, value)); });
  feed(source, Table::meta, on_error,
       [&](auto key, auto value) { restore_meta(sink, key, value); });
  if (const auto last = source.last_key(Table::lease_history)) {
    feed_row(Table::lease_history, *last, on_error,
             [&] { sink.restore_last_ended(format::parse_uuid_key(*last)); });
  }
  sink.finish_recovery();
}

}  // namespace pharox::storage
