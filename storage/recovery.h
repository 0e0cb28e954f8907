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

// Gets each CorruptionError of a row.
using RecoveryErrorHandler =
    std::function<void(format::Table table, std::string_view key, std::string_view reason)>;

// Takes the rows that the engine keeps in memory, those of a table in the order of their keys and
// none twice. Each call may throw CorruptionError when the row contradicts those before it.
class RecoverySink {
 public:
  virtual ~RecoverySink() = default;
  virtual void restore_pool(ProxyPool pool) = 0;
  virtual void restore_consumer(Consumer consumer) = 0;
  // Pools and consumers are there. So many proxies come next, as far as the source can tell: a
  // hint, for making room at once.
  virtual void expect_proxies(std::size_t /*count*/) {}
  // These are restored next: a hint, for fetching what that looks at.
  virtual void look_ahead(std::span<const Proxy> /*proxies*/) {}
  virtual void restore_proxy(const Proxy& proxy) = 0;
  // These by another thread than the rest, perhaps, while proxies are restored: that of the
  // lease need not be there yet.
  virtual void expect_leases(std::size_t /*count*/) {}
  virtual void look_ahead(const Uuid& /*lease_id*/) {}
  virtual void restore_lease(const format::StoredLease& stored) = 0;
  virtual void restore_cursor(const Uuid& pool_id, const Uuid& last_chosen) = 0;
  virtual void restore_token_mark(std::uint64_t mark) = 0;
  virtual void restore_boot_anchor(const format::BootAnchor& anchor) = 0;
  // The greatest id of all leases, active or ended, where there is one.
  virtual void restore_last_lease(const Uuid& lease_id) = 0;
  // Nothing more comes. What has come without what it needs, such as a lease without its proxy,
  // goes to `on_error`, which may throw.
  virtual void finish_recovery(const RecoveryErrorHandler& on_error) = 0;
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

  // Recovery tells of each ended lease that it came across among the others, perhaps in another
  // thread, and then that these were all. For whoever keeps the history.
  virtual void take_ended(const format::LeaseRow& /*row*/) {}
  virtual void took_all_ended() {}
};

// Feeds pools and consumers, then proxies and active leases, then the values of `meta` and the last
// lease's id, and finishes. With `on_error` recovery goes on behind a row that is damaged;
// without, the first CorruptionError is thrown.
//
// Many proxies are read and decoded ahead in a thread of their own, many leases restored in
// another: these two call visit() of the source and what the sink has for leases.
// All other calls, and those of the handler, come from the caller's thread.
void recover(RowSource& source, RecoverySink& sink, const RecoveryErrorHandler& on_error = {});

}  // namespace pharox::storage
