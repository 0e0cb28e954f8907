// Reads the lines of a dump back into the changes that make a store.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "format/json_text.h"
#include "storage/change.h"
#include "storage/persistent_journal.h"
#include "tools/new_store.h"

namespace pharox::tools {

// How many records of each kind were loaded.
struct LoadSummary {
  std::uint64_t pools = 0;
  std::uint64_t consumers = 0;
  std::uint64_t proxies = 0;
  std::uint64_t leases = 0;
  std::uint64_t ended_leases = 0;
  std::uint64_t health = 0;
  std::uint64_t cursors = 0;
};

// What a line refers to must come before it, as in a dump. Holds the ids that it has seen, and
// little else.
//
// Ended leases get their numbers in the order of the lines, which is that of their ids: a dump does
// not say in which order they ended, so later trimming by age or number may forget some of them a
// little sooner than the old store would have.
class DumpLoader {
 public:
  // `journal` must be that of an empty store, and outlive this.
  DumpLoader(storage::Journal& journal, Timestamp now) : writer_(journal, now) {}

  // One line. Throws InvalidArgumentError naming what is wrong with it.
  void take(std::string_view line);

  // Makes everything durable. Must be the last call. Throws InvalidArgumentError for a dump
  // without its first line.
  void finish();

  const LoadSummary& summary() const { return summary_; }

 private:
  using Json = format::Json;
  using Ids = std::unordered_set<Uuid>;

  void take_store(const Json& fields);
  void take_pool(const Json& fields);
  void take_consumer(const Json& fields);
  void take_proxy(const Json& fields);
  void take_lease(const Json& fields, LeaseStatus expected);
  void take_health(const Json& fields);
  void take_cursor(const Json& fields);

  StoreWriter writer_;
  LoadSummary summary_;
  bool begun_ = false;
  std::uint64_t token_mark_ = 0;
  Ids pools_, consumers_, proxies_, leases_, checked_, cursors_;
  std::unordered_set<std::string> pool_names_, consumer_names_;
};

}  // namespace pharox::tools
