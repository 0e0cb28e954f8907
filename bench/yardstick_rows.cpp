// Yardstick: the least that a lease store could do for a pair: enter the lease in a table under a
// lock, and take it out again.
#include <mutex>
#include <unordered_map>

#include "bench/latencies.h"
#include "bench/rows.h"
#include "bench/stage.h"
#include "pharox/lease.h"

namespace pharox::bench {
namespace {

class LockedMap {
 public:
  explicit LockedMap(std::size_t standing) {
    UuidGenerator ids(13);
    for (std::size_t i = 0; i < standing; ++i) map_.emplace(ids.v4(), i);
    for (Uuid& key : keys_) key = ids.v4();
  }

  void insert_and_erase() {
    const Uuid& key = keys_[turn_++ % keys_.size()];
    {
      const std::lock_guard lock(mutex_);
      map_.emplace(key, turn_);
    }
    const std::lock_guard lock(mutex_);
    map_.erase(key);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Uuid, std::size_t> map_;
  std::vector<Uuid> keys_ = std::vector<Uuid>(1 << 16);
  std::size_t turn_ = 0;
};

}  // namespace

void add_yardstick_rows(const Scale& scale, const std::shared_ptr<Stage>& stage, Rows& rows) {
  for (const std::size_t standing : scale.proxies) {
    const std::string name = "Yardstick/mutex_unordered_map/" + std::to_string(standing);
    auto measurement = std::make_shared<OperationMeasurement>();
    rows.push_back({name, [=](benchmark::State& state) {
                      LockedMap& map =
                          stage->get(name, [&] { return std::make_unique<LockedMap>(standing); });
                      measurement->run(state, [&] { map.insert_and_erase(); });
                    }});
  }
}

}  // namespace pharox::bench
