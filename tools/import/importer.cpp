#include "tools/import/importer.h"

#include <utility>

#include "tools/import/stable_id.h"

namespace pharox::tools {

namespace {

// One commit each: large enough that the fdatasync does not count, small enough to hold.
constexpr std::size_t kImportedAtOnce = 50'000;

}  // namespace

Importer::Importer(ImportTarget& target, const std::string& pool_name, ImportDefaults defaults,
                   Timestamp now)
    : target_(target),
      defaults_(std::move(defaults)),
      now_(now),
      pool_(target.ensure_pool(pool_name)) {}

void Importer::add(ImportRow row) {
  ++summary_.read;
  if (!row.source) row.source = defaults_.source;
  if (!row.max_concurrency) row.max_concurrency = defaults_.max_concurrency;

  const Uuid id = stable_proxy_id(pool_.name, row);
  const std::optional<Proxy> known = find(id);
  Proxy proxy = known ? *known : new_proxy(id, row);
  apply_row(row, proxy);
  proxy.pool_id = pool_.id;
  if (defaults_.status && proxy.status != *defaults_.status) {
    proxy.status = *defaults_.status;
    proxy.checked_at = now_;
  }
  if (known == proxy) {
    ++summary_.unchanged;
    return;
  }
  ++(known ? summary_.updated : summary_.added);
  stage(std::move(proxy));
}

std::optional<Proxy> Importer::find(const Uuid& id) {
  const auto staged = place_in_chunk_.find(id);
  if (staged != place_in_chunk_.end()) return chunk_[staged->second];
  return target_.find_proxy(id);
}

Proxy Importer::new_proxy(const Uuid& id, const ImportRow& row) const {
  Proxy proxy;
  proxy.id = id;
  proxy.status = row.status.value_or(ProxyStatus::active);
  proxy.checked_at = row.checked_at.value_or(now_);
  return proxy;
}

void Importer::stage(Proxy proxy) {
  const auto [place, is_new] = place_in_chunk_.try_emplace(proxy.id, chunk_.size());
  if (is_new) {
    chunk_.push_back(std::move(proxy));
  } else {
    chunk_[place->second] = std::move(proxy);
  }
  if (chunk_.size() == kImportedAtOnce) save_chunk();
}

void Importer::save_chunk() {
  if (chunk_.empty()) return;
  target_.save(chunk_);
  chunk_.clear();
  place_in_chunk_.clear();
}

}  // namespace pharox::tools
