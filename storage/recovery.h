// Recovery: the rows of a store, read back into whoever rebuilds the state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "format/codec.h"
#include "format/persisted.h"
#include "format/stored_lease.h"
#include "pharox/consumer.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::storage {

// The greatest token mark, half of what there is: more are never handed out, and sums stay far from
// overflow.
constexpr std::uint64_t kMaxTokenMark = std::numeric_limits<std::uint64_t>::max() / 2;

// How many tokens are passed over when a mark may have been lost: more than a store hands out
// between one witness and the next; and a store can lose changes two billion times before its
// tokens end.
constexpr std::uint64_t kTokensPerLoss = std::uint64_t{1} << 32;

// Takes the rows that the engine keeps in memory. Each call may throw CorruptionError when the row
// contradicts those before it.
class RecoverySink {
 public:
  virtual ~RecoverySink() = default;
  virtual void restore_pool(ProxyPool pool) = 0;
  virtual void restore_consumer(Consumer consumer) = 0;
  // Pools and consumers are there. So many of these come next, as far as the source can tell: a
  // hint, for making room at once.
  virtual void expect(std::size_t /*proxies*/, std::size_t /*leases*/) {}
  // These are restored next: a hint, for fetching what that looks at.
  virtual void look_ahead(std::span<const Proxy> /*proxies*/) {}
  virtual void look_ahead(std::span<const format::StoredLease> /*leases*/) {}
  virtual void restore_proxy(const Proxy& proxy) = 0;
  virtual void restore_lease(format::StoredLease lease) = 0;
  virtual void restore_cursor(const Uuid& pool_id, const Uuid& last_chosen) = 0;
  virtual void restore_token_mark(std::uint64_t mark) = 0;
  virtual void restore_boot_anchor(const format::BootAnchor& anchor) = 0;
  // The greatest id in the history, where there is one.
  virtual void restore_last_ended(const Uuid& lease_id) = 0;
  // Nothing more comes.
  virtual void finish_recovery() = 0;
};

// Anything that can walk a table's raw rows in key order.
class RowSource {
 public:
  virtual ~RowSource() = default;
  using RowVisitor = std::function<bool(std::string_view key, std::string_view value)>;
  // From the first key >= `from`. Throws CorruptionError or StorageError when reading fails.
  virtual void visit(format::Table table, std::string_view from, const RowVisitor& visit) = 0;
  // Nullopt when the table is empty. Throws as visit() does.
  virtual std::optional<std::string> last_key(format::Table table) = 0;
  // About how many rows a table has; 0: unknown. From 10,000 on recovery calls visit() in another
  // thread.
  virtual std::size_t estimated_rows(format::Table /*table*/) { return 0; }
};

// Feeds pools, consumers, proxies, active leases, the values of `meta` and the last ended lease, in
// this order, so that what a row refers to comes before it, then finishes. `on_error` gets each
// CorruptionError of a row, and recovery goes on behind it; without one the first is thrown.
//
// Many proxies or leases are read and decoded ahead in threads of their own, which call only
// visit() of the source; the sink and the handler are called by the caller's thread alone.
using RecoveryErrorHandler =
    std::function<void(format::Table table, std::string_view key, std::string_view reason)>;
void recover(RowSource& source, RecoverySink& sink, const RecoveryErrorHandler& on_error = {});

}  // namespace pharox::storage
