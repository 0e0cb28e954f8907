// Puts rows into a pool: new proxies are added, known ones updated with what a row says.
//
// 1. The id of a proxy comes from the row itself, so the same list twice means the same proxies.
// 2. A known proxy keeps its status, its checked_at and whatever the row does not mention.
// 3. Changes are saved in chunks, each in one commit; a row sees the rows before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pharox/proxy.h"
#include "tools/import/import_row.h"
#include "tools/import/import_target.h"

namespace pharox::tools {

struct ImportSummary {
  std::uint64_t read = 0;  // the sum of the others
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t bad = 0;

  friend bool operator==(const ImportSummary&, const ImportSummary&) = default;
};

// What holds for every row of a list.
struct ImportDefaults {
  std::optional<ProxyStatus> status;             // set on known proxies too
  std::optional<std::string> source;             // of rows that name none
  std::optional<std::uint32_t> max_concurrency;  // of rows that name none
};

class Importer {
 public:
  // `target` must outlive this. `now` is when new proxies count as checked.
  Importer(ImportTarget& target, const std::string& pool_name, ImportDefaults defaults,
           Timestamp now);

  // Requires a complete row.
  void add(ImportRow row);
  void count_bad() { ++summary_.read, ++summary_.bad; }
  // Saves what is left. Must be the last call.
  void finish() { save_chunk(); }

  const ImportSummary& summary() const { return summary_; }

 private:
  std::optional<Proxy> find(const Uuid& id);
  Proxy new_proxy(const Uuid& id, const ImportRow& row) const;
  void stage(Proxy proxy);
  void save_chunk();

  ImportTarget& target_;
  const ImportDefaults defaults_;
  const Timestamp now_;
  const ProxyPool pool_;
  ImportSummary summary_;
  std::vector<Proxy> chunk_;  // not yet saved
  std::unordered_map<Uuid, std::size_t> place_in_chunk_;
};

}  // namespace pharox::tools
