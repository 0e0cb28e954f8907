#include "tests/damage/damaged_store.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "format/json_text.h"
#include "pharox/pharox.h"
#include "storage/persistent_journal.h"
#include "tests/fixtures/records.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

// Thousands of stores are opened: in memory, where there is a file system in memory.
const bool kInMemory = [] {
  if (std::getenv("TMPDIR") == nullptr && fs::is_directory("/dev/shm")) {
    ::setenv("TMPDIR", "/dev/shm", 1);
  }
  return true;
}();

RocksDbStorageOptions options() {
  RocksDbStorageOptions options;
  options.background_reclaimer = false;
  options.id_seed = 1;
  return options;
}

Proxy sample_proxy(std::uint64_t number) {
  Proxy proxy = proxy_of(number, id_of(1 + number % 2));
  proxy.country = "DE";
  proxy.city = "Bremen";
  proxy.credentials = Credentials{"user" + std::to_string(number), "secret"};
  proxy.max_concurrency = 3;
  return proxy;
}

void lease(RocksDbStorage& storage, int count, bool release) {
  for (int i = 0; i < count; ++i) {
    const auto lease =
        storage.acquire(i % 2 == 0 ? "odd" : "even", "ann", 24h, {}, SelectorStrategy::round_robin);
    if (release) storage.release_lease(lease.value());
  }
}

void first_session(const fs::path& store) {
  RocksDbStorage storage(store, options());
  storage.save_pool(pool_of(1, "odd"));
  storage.save_pool(pool_of(2, "even"));
  storage.ensure_consumer("ann");
  for (std::uint64_t number = 10; number < 14; ++number) storage.save_proxy(sample_proxy(number));
  storage.apply_health_check_result(health_of(id_of(10), ProxyStatus::active, kStart));
  lease(storage, 3, false);
  lease(storage, 3, true);
}

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void await_witness(const fs::path& store) {
  const std::string wanted =
      "sequence " + std::to_string(storage::StoreReader::open(store)->sequence()) + "\n";
  for (int i = 0; i < 1000; ++i) {
    if (read_bytes(store / "WITNESS").find(wanted) != std::string::npos) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("the witness does not follow");
}

}  // namespace

const char* to_string(Damage::Kind kind) {
  switch (kind) {
    case Damage::Kind::flipped:
      return "flipped";
    case Damage::Kind::truncated:
      return "truncated";
    case Damage::Kind::emptied:
      return "emptied";
    case Damage::Kind::deleted:
      return "deleted";
    default:
      return "older copy";
  }
}

std::string Damage::text() const {
  return file.string() + " " + to_string(kind) + " at " + std::to_string(place) + " with " +
         std::to_string(mask);
}

SampleStore::SampleStore() {
  const fs::path store = folder_.path() / "store";
  first_session(store);
  RocksDbStorage storage(store, options());  // what the first one wrote is now in table files
  storage.save_proxy(sample_proxy(14));
  lease(storage, 2, false);
  await_witness(store);
  fs::copy(store, older(), fs::copy_options::recursive);
  storage.save_proxy(sample_proxy(15));
  storage.apply_health_check_result(health_of(id_of(11), ProxyStatus::slow, kStart));
  lease(storage, 2, false);
  lease(storage, 2, true);
  await_witness(store);
  fs::copy(store, killed(), fs::copy_options::recursive);
  storage.close();
  fs::copy(store, closed(), fs::copy_options::recursive);
}

std::vector<Damage> SampleStore::damages(const fs::path& copy, std::uint64_t stride,
                                         std::uint64_t seed) const {
  using Kind = Damage::Kind;
  std::vector<Damage> all;
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(copy)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(copy));
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::uint64_t size = fs::file_size(copy / file);
    // Not read by anybody, and larger than all others together.
    const bool is_options = file.filename().string().starts_with("OPTIONS");
    const std::uint64_t step = is_options ? stride * 64 : stride;
    for (std::uint64_t place = seed % step; place < size; place += step) {
      const std::uint64_t bit = (place + seed) % 9;
      all.push_back(
          {Kind::flipped, file, place, static_cast<std::uint8_t>(bit == 8 ? 255 : 1 << bit)});
    }
    std::set<std::uint64_t> sizes;
    for (const std::uint64_t part : {1, 3, 5, 7}) sizes.insert(size * part / 8);
    for (const std::uint64_t less : {1, 2, 8}) sizes.insert(size - std::min(size, less));
    sizes.erase(0);
    sizes.erase(size);
    for (const std::uint64_t shorter : sizes) all.push_back({Kind::truncated, file, shorter});
    if (size != 0) all.push_back({Kind::emptied, file});
    all.push_back({Kind::deleted, file});
    if (fs::exists(older() / file) && read_bytes(older() / file) != read_bytes(copy / file)) {
      all.push_back({Kind::older, file});
    }
  }
  return all;
}

void SampleStore::make(const fs::path& copy, const Damage& damage, const fs::path& store) const {
  fs::remove_all(store);
  fs::copy(copy, store, fs::copy_options::recursive);
  const fs::path file = store / damage.file;
  switch (damage.kind) {
    case Damage::Kind::flipped: {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekg(static_cast<std::streamoff>(damage.place));
      const int byte = bytes.get();
      bytes.seekp(static_cast<std::streamoff>(damage.place));
      bytes.put(static_cast<char>(byte ^ damage.mask));
      break;
    }
    case Damage::Kind::truncated:
    case Damage::Kind::emptied:
      fs::resize_file(file, damage.place);
      break;
    case Damage::Kind::deleted:
      fs::remove(file);
      break;
    case Damage::Kind::older:
      fs::copy_file(older() / damage.file, file, fs::copy_options::overwrite_existing);
      break;
  }
}

StoreContents contents_of(const fs::path& store) {
  RocksDbStorage storage(store, options());
  std::string records;
  const auto add_text = [&](const format::Json& json) { records += json.dump() + "\n"; };
  const auto add = [&](const auto& record) { add_text(format::to_json(record)); };
  for (const ProxyPool& pool : storage.list_pools()) {
    add(pool);
    for (const Proxy& proxy : storage.list_proxies(pool.name)) {
      add_text(format::to_json(proxy, format::Secrets::show));
      if (const auto health = storage.get_last_health_result(proxy.id)) add(*health);
    }
  }
  for (const Consumer& consumer : storage.list_consumers()) add(consumer);
  for (const Lease& each : storage.list_leases()) add(each);
  StoreContents contents;
  for (const char* pool : {"odd", "even"}) {
    const auto next = storage.acquire(pool, "ann", 1h, {}, SelectorStrategy::round_robin);
    records += next ? next->proxy_id.to_string() : "none";
    if (next) contents.next_token = next->token;
  }
  storage.close();
  contents.records = std::move(records);
  return contents;
}

}  // namespace pharox::tests
