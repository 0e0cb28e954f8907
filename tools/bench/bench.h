// What choosing and leasing cost with somebody's own proxies and filters.
//
// 1. The proxies are copied into a storage of the command's own: in memory, or into a scratch store
//    beside theirs, on the same disk. Their store is read and nothing more.
// 2. As many of the copies as asked for are leased to their limit.
// 3. For each selector: choices, then pairs of an acquire and a release, from several threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pharox/durability.h"
#include "pharox/filters.h"
#include "tools/bench/measurement.h"
#include "tools/import/row_reader.h"

namespace pharox::tools {

// Where the proxies come from: a store's pool, a list, or neither: then they are made up.
struct BenchOptions {
  std::optional<std::string> store;
  std::string pool;
  std::optional<std::string> list;
  std::optional<ListFormat> format;  // of the list; absent: decided by its first bytes
  std::uint64_t made_up = 100'000;

  bool in_memory = false;
  Durability durability = Durability::sync;
  double occupancy_percent = 0;

  std::vector<SelectorStrategy> selectors;
  ProxyFilters filters;
  unsigned threads = 1;
  std::chrono::seconds seconds_each{1};
};

enum class Operation { select, pair };

struct BenchRow {
  SelectorStrategy selector;
  Operation operation;
  Measurement measured;
};

struct BenchReport {
  std::string pool;
  std::uint64_t proxies = 0;
  std::uint64_t matching = 0;   // what the filters ask for, leased or not
  std::uint64_t available = 0;  // active and below their limit
  std::vector<BenchRow> rows;
};

// Says on stderr what it is doing. Throws PoolNotFoundError, PharoxError when a run on disk is
// stopped by Ctrl-C, and what reading the store or the list throws. Whatever it throws, nothing of
// it is left on the disk.
BenchReport run_bench(const BenchOptions& options);

}  // namespace pharox::tools
