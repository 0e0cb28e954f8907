#include "storage/rocks_rows.h"

#include <string_view>
#include <variant>

#include "format/codec.h"
#include "format/keys.h"

namespace pharox::storage {
namespace {

using format::Table;
using format::uuid_key_view;

class RowWriter {
 public:
  RowWriter(std::uint64_t end_number, const RocksDatabase& database, rocksdb::WriteBatch& batch)
      : end_number_(end_number), database_(database), batch_(batch) {}

  void operator()(const PutPool& put) {
    write(Table::pools, uuid_key_view(put.pool.id), format::encode(put.pool));
  }
  void operator()(const ErasePool& erased) {
    erase(Table::pools, uuid_key_view(erased.pool_id));
    erase(Table::meta, format::cursor_key(erased.pool_id));
  }
  void operator()(const PutConsumer& put) {
    write(Table::consumers, uuid_key_view(put.consumer.id), format::encode(put.consumer));
  }
  void operator()(const PutProxy& put) {
    write(Table::proxies, uuid_key_view(put.proxy->id), format::encode(*put.proxy));
  }
  void operator()(const EraseProxy& erased) {
    erase(Table::proxies, uuid_key_view(erased.proxy_id));
    erase(Table::health, uuid_key_view(erased.proxy_id));
  }
  void operator()(const PutHealth& put) {
    write(Table::health, uuid_key_view(put.result.proxy_id), format::encode(put.result));
  }
  void operator()(const PutLease& put) { write_lease(put.lease, 0); }
  void operator()(const EndLease& ended) { write_lease(ended.lease, end_number_); }
  void operator()(const PutCursor& put) {
    write(Table::meta, format::cursor_key(put.pool_id),
          format::encode_cursor(put.pool_id, put.last_chosen));
  }
  void operator()(const PutTokenMark& put) {
    write(Table::meta, format::kTokenMarkKey,
          format::encode_number(format::kTokenMarkKey, put.mark));
  }
  void operator()(const PutBootAnchor& put) {
    write(Table::meta, format::kBootAnchorKey, format::encode(put.anchor));
  }

 private:
  void write_lease(const format::StoredLease& lease, std::uint64_t end_number) {
    write(Table::leases, uuid_key_view(lease.lease.id), format::encode_in_place(lease, end_number));
  }
  void write(Table table, std::string_view key, std::string_view value) {
    database_.put(batch_, table, key, value);
  }
  void erase(Table table, std::string_view key) { database_.erase(batch_, table, key); }

  const std::uint64_t end_number_;
  const RocksDatabase& database_;
  rocksdb::WriteBatch& batch_;
};

}  // namespace

void write_rows(const Change& change, std::uint64_t end_number, const RocksDatabase& database,
                rocksdb::WriteBatch& batch) {
  std::visit(RowWriter(end_number, database, batch), change);
}

}  // namespace pharox::storage
