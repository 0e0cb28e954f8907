#include "bench/opening_store.h"

#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <utility>

#include "pharox/clock.h"
#include "pharox/errors.h"
#include "pharox/manager.h"
#include "storage/persistent_journal.h"

namespace pharox::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kProxiesInACommit = 10'000;
// As callers lease: a commit group holds few leases.
constexpr std::size_t kLeasesInACommit = 64;

fs::path make_parent() {
  std::string name = fs::temp_directory_path() / "pharox-opening-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw StorageError("cannot create " + name);
  return name;
}

class Filler {
 public:
  Filler(storage::Journal& journal, const Dataset& dataset)
      : journal_(journal), dataset_(dataset) {}

  void fill() {
    journal_.append({storage::PutPool{dataset_.pool}, storage::PutConsumer{consumer_},
                     storage::PutTokenMark{2 * dataset_.proxies.size() + 2}},
                    now_.wall);
    storage::ChangeList list;
    for (const Proxy& proxy : dataset_.proxies) {
      list.push_back(storage::PutProxy{proxy});
      if (list.size() == kProxiesInACommit) commit(list);
    }
    commit(list);
    for (std::size_t i = 0; i < dataset_.proxies.size(); ++i) {
      list.push_back(storage::PutLease{lease_of(dataset_.proxies[i], i)});
      if (list.size() == kLeasesInACommit) commit(list);
    }
    commit(list);
  }

 private:
  void commit(storage::ChangeList& list) {
    journal_.wait(journal_.append(std::exchange(list, {}), now_.wall));
  }

  // Granted by another boot; every second one's time is over.
  format::StoredLease lease_of(const Proxy& proxy, std::size_t i) {
    format::StoredLease stored;
    stored.lease = {.id = ids_.v7(now_.wall),
                    .proxy_id = proxy.id,
                    .consumer_id = consumer_.id,
                    .pool_id = proxy.pool_id,
                    .pool_name = dataset_.pool.name,
                    .acquired_at = now_.wall - 1h,
                    .expires_at = now_.wall + (i % 2 == 0 ? -1min : 24h),
                    .token = i + 1};
    stored.duration = stored.lease.expires_at - stored.lease.acquired_at;
    stored.deadline_since_boot = now_.since_boot + stored.duration;
    stored.boot_id = boot_;
    return stored;
  }

  storage::Journal& journal_;
  const Dataset& dataset_;
  const Moment now_ = SystemClock().now();
  UuidGenerator ids_{1};
  const Consumer consumer_{.id = ids_.v4(),
                           .name = std::string(ProxyManager::kDefaultConsumerName)};
  const Uuid boot_ = ids_.v4();
};

}  // namespace

OpeningStore::OpeningStore(const Dataset& dataset) : parent_(make_parent()) {
  storage::JournalOptions options;
  options.durability = Durability::process;
  const auto journal = storage::open_journal(folder(Left::closed), options);
  Filler(*journal, dataset).fill();
  journal->checkpoint(folder(Left::open));  // logs and all: as if it had been killed now
  journal->close();
}

OpeningStore::~OpeningStore() {
  std::error_code ignored;
  fs::remove_all(parent_, ignored);
}

fs::path OpeningStore::folder(Left left) const {
  return parent_ / (left == Left::closed ? "closed" : "open");
}

fs::path OpeningStore::fresh_copy(Left left) {
  fs::path copy = parent_ / "copy";
  fs::remove_all(copy);
  fs::copy(folder(left), copy, fs::copy_options::recursive);
  ::sync();  // else the disk would still be writing the copy while the store is opened and used
  return copy;
}

std::uint64_t scan_rows(const fs::path& store) {
  const auto reader = storage::StoreReader::open(store);
  std::uint64_t rows = 0;
  for (const format::Table table :
       {format::Table::pools, format::Table::consumers, format::Table::proxies,
        format::Table::leases, format::Table::meta}) {
    reader->visit(table, {}, [&](std::string_view, std::string_view) { return ++rows, true; });
  }
  return rows;
}

}  // namespace pharox::bench
