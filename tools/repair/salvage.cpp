#include "tools/repair/salvage.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "format/codec.h"
#include "format/keys.h"
#include "pharox/errors.h"
#include "storage/recovery.h"
#include "tools/new_store.h"

namespace pharox::tools {

namespace {

using format::Table;
using storage::kMaxTokenMark;
using storage::kTokensPerLoss;

constexpr std::size_t kMaxLines = 10'000;

class Salvage {
 public:
  Salvage(storage::SalvageReader& source, storage::Journal& target, Timestamp now)
      : source_(source), target_(target, now) {}

  SalvageReport run(bool was_damaged) {
    read_tokens();
    const bool lost = was_damaged || unreadable_tokens_ || !source_.unreadable().empty();
    std::uint64_t mark = std::max(token_mark_, next_token_);
    // As opening with accept_loss does.
    if (lost && mark < kMaxTokenMark - kTokensPerLoss) mark += kTokensPerLoss;
    if (mark > 1) target_.append(storage::PutTokenMark{mark});
    take(Table::pools,
         [this](auto key, auto value) { take_pool(format::decode_pool(key, value)); });
    take(Table::consumers,
         [this](auto key, auto value) { take_consumer(format::decode_consumer(key, value)); });
    take(Table::proxies,
         [this](auto key, auto value) { take_proxy(format::decode_proxy(key, value)); });
    take(Table::leases,
         [this](auto key, auto value) { take_lease(format::decode_lease(key, value)); });
    take(Table::health,
         [this](auto key, auto value) { take_health(format::decode_health(key, value)); });
    take(Table::meta, [this](auto key, auto value) { take_meta(key, value); });
    target_.flush();
    return std::move(report_);
  }

 private:
  // Everything else refers to the mark, so it is looked for first: in its own row, and in all
  // leases.
  void read_tokens() {
    const auto guarded = [&](const auto& decode) {
      try {
        decode();
      } catch (const CorruptionError&) {
        unreadable_tokens_ = true;  // listed when its table is taken
      }
    };
    guarded([&] {
      const auto value = source_.find(Table::meta, format::kTokenMarkKey);
      token_mark_ = value ? format::decode_number(format::kTokenMarkKey, *value) : 0;
      if (token_mark_ > kMaxTokenMark) token_mark_ = 0;
    });
    source_.visit(Table::leases, {}, [&](std::string_view key, std::string_view value) {
      guarded([&] {
        const std::uint64_t token = format::decode_lease(key, value).stored.lease.token;
        if (token < kMaxTokenMark) next_token_ = std::max(next_token_, token + 1);
      });
      return true;
    });
    if (token_mark_ == 0 && next_token_ > 1) unreadable_tokens_ = true;
  }

  template <class Take>
  void take(Table table, const Take& take_row) {
    SalvagedTable size{.table = format::table_name(table)};
    source_.visit(table, {}, [&](std::string_view key, std::string_view value) {
      ++size.read;
      try {
        take_row(key, value);
        ++size.kept;
      } catch (const CorruptionError& error) {
        lost(error.what());
      } catch (const InvalidArgumentError& error) {
        lost(fmt::format("table {}, key {}: {}", size.table, format::key_text(key), error.what()));
      }
      return true;
    });
    report_.tables.push_back(size);
  }

  void take_pool(ProxyPool pool) {
    if (!pool_names_.insert(pool.name).second) {
      const std::string name = made_name(pool.id);
      lost(fmt::format("pool {}: its name is another pool's too; it is now '{}'",
                       pool.id.to_string(), name));
      pool.name = name;
      pool_names_.insert(name);
    }
    pools_.insert(pool.id);
    target_.append(storage::PutPool{std::move(pool)});
  }

  void take_consumer(Consumer consumer) {
    if (!consumer_names_.insert(consumer.name).second) {
      throw InvalidArgumentError("its name is another consumer's too");
    }
    consumers_.insert(consumer.id);
    target_.append(storage::PutConsumer{std::move(consumer)});
  }

  void take_proxy(Proxy proxy) {
    if (!pools_.contains(proxy.pool_id)) {
      ProxyPool pool;
      pool.id = proxy.pool_id;
      pool.name = made_name(pool.id);
      lost(fmt::format("pool {}: it is gone, but has proxies; it is now '{}'", pool.id.to_string(),
                       pool.name));
      take_pool(std::move(pool));
    }
    proxies_.insert(proxy.id);
    target_.append(storage::PutProxy{std::move(proxy)});
  }

  void take_lease(format::LeaseRow row) {
    if (!row.ended()) return take_active(std::move(row.stored));
    require_own_token(row.stored.lease);
    target_.append(storage::EndLease{std::move(row.stored)});
  }

  void take_active(format::StoredLease stored) {
    const Lease& lease = stored.lease;
    if (!proxies_.contains(lease.proxy_id)) {
      throw InvalidArgumentError(fmt::format("its proxy {} is gone", lease.proxy_id.to_string()));
    }
    require_own_token(lease);
    if (!consumers_.contains(lease.consumer_id)) {
      Consumer consumer{.id = lease.consumer_id, .name = made_name(lease.consumer_id)};
      lost(fmt::format("consumer {}: it is gone, but has leases; it is now '{}'",
                       consumer.id.to_string(), consumer.name));
      take_consumer(std::move(consumer));
    }
    target_.append(storage::PutLease{std::move(stored)});
  }

  void take_health(HealthCheckResult result) {
    if (!proxies_.contains(result.proxy_id)) throw InvalidArgumentError("its proxy is gone");
    target_.append(storage::PutHealth{std::move(result)});
  }

  void take_meta(std::string_view key, std::string_view value) {
    if (key.starts_with(format::kCursorPrefix)) {
      const Uuid pool = format::parse_cursor_key(key);
      if (!pools_.contains(pool)) throw InvalidArgumentError("its pool is gone");
      target_.append(storage::PutCursor{pool, format::decode_cursor(key, value)});
    } else if (key == format::kBootAnchorKey) {
      target_.append(storage::PutBootAnchor{format::decode_boot_anchor(key, value)});
    } else {
      format::decode_number(key, value);  // made anew; here only: was it whole?
    }
  }

  void require_own_token(const Lease& lease) {
    if (lease.token >= kMaxTokenMark) throw InvalidArgumentError("its token is out of range");
    if (!tokens_.insert(lease.token).second) {
      throw InvalidArgumentError(fmt::format("its token {} is another lease's too", lease.token));
    }
  }

  static std::string made_name(const Uuid& id) { return "recovered-" + id.to_string(); }

  void lost(std::string line) {
    ++report_.lost;
    if (report_.lines.size() < kMaxLines) report_.lines.push_back(std::move(line));
  }

  storage::SalvageReader& source_;
  StoreWriter target_;
  SalvageReport report_;
  std::uint64_t token_mark_ = 0;
  std::uint64_t next_token_ = 1;
  bool unreadable_tokens_ = false;
  std::unordered_set<Uuid> pools_, consumers_, proxies_;
  std::unordered_set<std::string> pool_names_, consumer_names_;
  std::unordered_set<std::uint64_t> tokens_;
};

}  // namespace

SalvageReport salvage(storage::SalvageReader& source, storage::Journal& target, Timestamp now,
                      bool was_damaged) {
  return Salvage(source, target, now).run(was_damaged);
}

}  // namespace pharox::tools
