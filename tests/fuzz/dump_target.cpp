// Input: the text of a dump. What loads becomes a store, and that is opened: it is damaged, and
// said to be, or every invariant holds and it can be leased from.
#include <sstream>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "tests/fixtures/records.h"
#include "tests/format/sample_records.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/opened_store.h"
#include "tests/simulation/simulated_disk.h"
#include "tools/dump/dump_loader.h"
#include "tools/line_reader.h"

namespace pharox::tests {
namespace {

using storage::ChangeList;

class DiskJournal final : public storage::Journal {
 public:
  explicit DiskJournal(SimulatedDisk& disk) : disk_(disk) {}
  Ticket append(ChangeList&& changes, Timestamp) override { return disk_.append(changes); }
  Ticket last() const override { return disk_.last(); }
  void wait(Ticket ticket) override { disk_.commit(ticket); }
  bool tell(Ticket, storage::CommitObserver&, bool) override { return false; }
  std::optional<format::StoredLease> find_ended_lease(const Uuid&) override { return {}; }
  void visit_ended_leases(const Uuid&, const storage::Visitor<format::StoredLease>&) override {}
  std::optional<HealthCheckResult> find_health(const Uuid&) override { return {}; }

 private:
  SimulatedDisk& disk_;
};

void load(std::string_view bytes, SimulatedDisk& disk) {
  std::istringstream text{std::string(bytes)};
  tools::ByteSource source(text);
  tools::LineReader lines(source, std::size_t{1} << 20);
  DiskJournal journal(disk);
  tools::DumpLoader loader(journal, kStart);
  std::string line;
  while (lines.next(line) == tools::LineReader::Result::line) loader.take(line);
  loader.finish();
}

}  // namespace

void fuzz_dump(std::string_view bytes) {
  SimulatedDisk disk(Durability::sync);
  try {
    load(bytes, disk);
  } catch (const InvalidArgumentError&) {
    return;
  }
  open_and_use(disk);
}

std::vector<std::string> dump_seeds() {
  using namespace format::testing;
  std::string text;
  const auto add = [&](const char* type, format::Json json) {
    json["type"] = type;
    text += json.dump() + "\n";
  };
  format::StoredLease active = active_lease();
  format::StoredLease ended = ended_lease();
  ended.lease.id = format::testing::id_of(5);
  active.lease.token = 4;
  ended.lease.token = 3;
  add("store", {{"format_version", 1}, {"token_mark", 5}});
  std::vector<std::string> seeds{text};
  add("pool", format::to_json(full_pool()));
  add("consumer", format::to_json(full_consumer()));
  add("proxy", format::to_json(full_proxy(), format::Secrets::show));
  add("lease", format::to_json(active));
  seeds.push_back(text);
  add("ended_lease", format::to_json(ended));
  add("health", format::to_json(full_health()));
  add("cursor",
      {{"pool_id", full_pool().id.to_string()}, {"last_chosen", full_proxy().id.to_string()}});
  seeds.push_back(text);
  return seeds;
}

}  // namespace pharox::tests
