// How the records of a dump look.
#pragma once

#include <memory>

#include "format/json_text.h"
#include "tools/dump/record_kind.h"
#include "tools/output.h"
#include "tools/store_view.h"

namespace pharox::tools {

// Gets the records kind by kind, and within a kind in id order.
class RecordPrinter {
 public:
  virtual ~RecordPrinter() = default;
  virtual void begin(RecordKind kind) = 0;
  virtual void pool(const ProxyPool& pool) = 0;
  virtual void consumer(const Consumer& consumer) = 0;
  virtual void proxy(const Proxy& proxy) = 0;
  virtual void lease(const format::StoredLease& lease) = 0;
  virtual void ended_lease(const format::StoredLease& lease) = 0;
  virtual void health(const HealthCheckResult& result) = 0;
  virtual void cursor(const Uuid& pool_id, const Uuid& last_chosen) = 0;
};

// A JSON object a line. The first says what the store is, each other begins with the type of its
// record; `pharox load` reads them back. `view` and `out` must outlive the printer, here and below.
std::unique_ptr<RecordPrinter> print_json_lines(StoreView& view, Output& out,
                                                format::Secrets secrets);

// A table a kind, for people: with names for ids, and how many leases each proxy has.
std::unique_ptr<RecordPrinter> print_tables(StoreView& view, Output& out, format::Secrets secrets);

}  // namespace pharox::tools
