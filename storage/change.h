// Changes of records: what the lease state hands to the journal, in order.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "format/codec.h"
#include "format/stored_lease.h"
#include "pharox/consumer.h"
#include "pharox/health.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::storage {

struct PutPool {
  ProxyPool pool;
};
struct ErasePool {  // and its cursor
  Uuid pool_id;
};
struct PutConsumer {
  Consumer consumer;
};
struct PutProxy {
  explicit PutProxy(Proxy put) : proxy(std::make_shared<const Proxy>(std::move(put))) {}

  // In a box: by far the largest record, and seldom written. Each change takes as much memory as
  // the largest.
  std::shared_ptr<const Proxy> proxy;
};
struct EraseProxy {  // and its last health result
  Uuid proxy_id;
};
struct PutHealth {
  HealthCheckResult result;
};
struct PutLease {  // a new active lease, or the new end of one
  format::StoredLease lease;
};
struct EndLease {  // moves it from the active leases to the history
  format::StoredLease lease;
};
struct PutCursor {
  Uuid pool_id;
  Uuid last_chosen;
};
// Tokens below `mark` may be handed out from now on. Durable before any of them is seen, in every
// mode, because a token must not be handed out again after a crash.
struct PutTokenMark {
  std::uint64_t mark;
};
// Durable in every mode before any deadline that follows from it is kept: the next opening must
// come to the same ones.
struct PutBootAnchor {
  format::BootAnchor anchor;
};

using Change = std::variant<PutPool, ErasePool, PutConsumer, PutProxy, EraseProxy, PutHealth,
                            PutLease, EndLease, PutCursor, PutTokenMark, PutBootAnchor>;

// The changes of one operation: applied wholly or not at all.
class ChangeList {
 public:
  // With `rows_are_kept` false, only those changes are taken in whose records a journal without
  // rows gives back (Journal::keeps_rows).
  ChangeList() = default;
  ChangeList(std::initializer_list<Change> changes) : changes_(changes) {}
  explicit ChangeList(bool rows_are_kept) : rows_are_kept_(rows_are_kept) {}

  // Adds a change made of these parts. They are not copied if the change is not taken in.
  template <class Kind, class... Parts>
  void add(Parts&&... parts) {
    if (rows_are_kept_ || kIsGivenBack<Kind>) {
      changes_.emplace_back(Kind{std::forward<Parts>(parts)...});
    }
  }
  void push_back(Change change) { changes_.push_back(std::move(change)); }
  void reserve(std::size_t size) {
    if (rows_are_kept_) changes_.reserve(size);
  }
  // Keeps its memory.
  void clear() { changes_.clear(); }

  bool empty() const { return changes_.empty(); }
  std::size_t size() const { return changes_.size(); }
  std::size_t capacity() const { return changes_.capacity(); }
  auto begin() { return changes_.begin(); }
  auto end() { return changes_.end(); }
  auto begin() const { return changes_.begin(); }
  auto end() const { return changes_.end(); }

 private:
  template <class Kind>
  static constexpr bool kIsGivenBack =
      std::is_same_v<Kind, EndLease> || std::is_same_v<Kind, PutHealth> ||
      std::is_same_v<Kind, EraseProxy>;

  bool rows_are_kept_ = true;
  std::vector<Change> changes_;
};

}  // namespace pharox::storage
