#include "tools/dump/dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "pharox/errors.h"

namespace pharox::tools {

namespace {

using format::Table;

class Dump {
 public:
  Dump(StoreView& view, const DumpFilter& filter, RecordPrinter& printer)
      : view_(view), filter_(filter), printer_(printer) {
    if (filter.pool) pool_ = view.existing_pool(*filter.pool);
    if (filter.consumer) {
      consumer_ = view.find_consumer(*filter.consumer);
      if (!consumer_) {
        throw ConsumerNotFoundError(fmt::format("there is no consumer '{}'", *filter.consumer));
      }
    }
  }

  void show(RecordKind kind) {
    printer_.begin(kind);
    left_ = filter_.limit;
    switch (kind) {
      case RecordKind::pools:
        return show_pools();
      case RecordKind::consumers:
        return show_consumers();
      case RecordKind::proxies:
        return show_proxies();
      case RecordKind::leases:
        return show_leases();
      case RecordKind::history:
        return show_history();
      case RecordKind::health:
        return show_health();
      case RecordKind::cursors:
        return show_cursors();
    }
  }

 private:
  void show_pools() {
    view_.for_each(Table::pools, format::decode_pool, [&](const ProxyPool& pool) {
      return shown(!pool_ || pool.id == pool_->id, [&] { printer_.pool(pool); });
    });
  }

  void show_consumers() {
    view_.for_each(Table::consumers, format::decode_consumer, [&](const Consumer& consumer) {
      return shown(!consumer_ || consumer.id == consumer_->id,
                   [&] { printer_.consumer(consumer); });
    });
  }

  void show_proxies() {
    view_.for_each(Table::proxies, format::decode_proxy, [&](const Proxy& proxy) {
      return shown(in_pool(proxy.pool_id) && has_status(to_string(proxy.status)),
                   [&] { printer_.proxy(proxy); });
    });
  }

  void show_leases() {
    view_.for_each(Table::leases, format::decode_lease, [&](const format::LeaseRow& row) {
      return shown(!row.ended() && wanted(row.stored.lease), [&] { printer_.lease(row.stored); });
    });
  }

  void show_history() {
    const std::uint64_t first = view_.history_first();
    view_.for_each(Table::leases, format::decode_lease, [&](const format::LeaseRow& row) {
      return shown(row.end_number >= first && wanted(row.stored.lease),
                   [&] { printer_.ended_lease(row.stored); });
    });
  }

  void show_health() {
    view_.for_each(Table::health, format::decode_health, [&](const HealthCheckResult& result) {
      return shown(has_status(to_string(result.status)) && proxy_in_pool(result.proxy_id),
                   [&] { printer_.health(result); });
    });
  }

  void show_cursors() {
    view_.for_each_cursor([&](const Uuid& pool_id, const Uuid& last_chosen) {
      return shown(in_pool(pool_id), [&] { printer_.cursor(pool_id, last_chosen); });
    });
  }

  // Shows a record if it is wanted. False when no more may follow.
  template <class Show>
  bool shown(bool wanted, const Show& show) {
    if (left_ == 0) return false;
    if (wanted) {
      show();
      --left_;
    }
    return left_ != 0;
  }

  bool wanted(const Lease& lease) const {
    return in_pool(lease.pool_id) && has_status(to_string(lease.status)) &&
           (!consumer_ || lease.consumer_id == consumer_->id);
  }
  bool in_pool(const Uuid& pool_id) const { return !pool_ || pool_id == pool_->id; }
  bool has_status(std::string_view status) const {
    return !filter_.status || status == *filter_.status;
  }
  bool proxy_in_pool(const Uuid& proxy_id) {
    if (!pool_) return true;
    const auto proxy = view_.find_proxy(proxy_id);
    return proxy && in_pool(proxy->pool_id);
  }

  StoreView& view_;
  const DumpFilter& filter_;
  RecordPrinter& printer_;
  std::optional<ProxyPool> pool_;
  std::optional<Consumer> consumer_;
  std::uint64_t left_ = 0;
};

}  // namespace

void dump(StoreView& view, const DumpFilter& filter, RecordPrinter& printer) {
  Dump walk(view, filter, printer);
  for (const auto& [kind, name] : kRecordKinds) {
    if (std::find(filter.kinds.begin(), filter.kinds.end(), kind) != filter.kinds.end()) {
      walk.show(kind);
    }
  }
}

}  // namespace pharox::tools
