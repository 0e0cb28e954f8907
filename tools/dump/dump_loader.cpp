#include "tools/dump/dump_loader.h"

#include <fmt/format.h>

#include <utility>

#include "format/persisted.h"
#include "pharox/errors.h"
#include "tools/dump/dump_line.h"

namespace pharox::tools {

namespace {

void require_new(std::unordered_set<Uuid>& seen, const Uuid& id, std::string_view what) {
  if (!seen.insert(id).second) {
    throw InvalidArgumentError(fmt::format("{} {} is there twice", what, id.to_string()));
  }
}

void require_known(const std::unordered_set<Uuid>& seen, const Uuid& id, std::string_view what) {
  if (!seen.contains(id)) {
    throw InvalidArgumentError(
        fmt::format("it refers to {} {}, which no line before it has", what, id.to_string()));
  }
}

void require_new_name(std::unordered_set<std::string>& seen, const std::string& name,
                      std::string_view what) {
  if (!seen.insert(name).second) {
    throw InvalidArgumentError(fmt::format("two {} have the name '{}'", what, name));
  }
}

std::uint64_t number_at(const format::Json& fields, const char* name) {
  const auto member = fields.find(name);
  if (member == fields.end() || !member->is_number_unsigned()) {
    throw InvalidArgumentError(fmt::format("{} is missing, or no whole number", name));
  }
  return member->get<std::uint64_t>();
}

Uuid id_at(const format::Json& fields, const char* name) {
  const auto member = fields.find(name);
  const auto id = member != fields.end() && member->is_string()
                      ? Uuid::parse(member->get_ref<const std::string&>())
                      : std::nullopt;
  if (!id) throw InvalidArgumentError(fmt::format("{} is missing, or no UUID", name));
  return *id;
}

// Takes the member "type" off the line.
std::string take_type(format::Json& line) {
  const auto type = line.is_object() ? line.find("type") : line.end();
  if (!line.is_object() || type == line.end() || !type->is_string()) {
    throw InvalidArgumentError("it is not a line of a dump: there is no type");
  }
  std::string name = type->get<std::string>();
  line.erase(type);
  return name;
}

}  // namespace

void DumpLoader::take(std::string_view text) {
  Json line = format::parse_json(text);
  const std::string type = take_type(line);
  if (!begun_ && type != kStoreLine) {
    throw InvalidArgumentError("a dump begins with a line of the type store");
  }
  if (type == kStoreLine) return take_store(line);
  if (type == kPoolLine) return take_pool(line);
  if (type == kConsumerLine) return take_consumer(line);
  if (type == kProxyLine) return take_proxy(line);
  if (type == kLeaseLine) return take_lease(line, LeaseStatus::active);
  if (type == kEndedLeaseLine) return take_lease(line, LeaseStatus::released);
  if (type == kHealthLine) return take_health(line);
  if (type == kCursorLine) return take_cursor(line);
  throw InvalidArgumentError(fmt::format("'{}' is no type of line", type.substr(0, 64)));
}

void DumpLoader::finish() {
  if (!begun_) throw InvalidArgumentError("the dump is empty");
  writer_.flush();
}

void DumpLoader::take_store(const Json& fields) {
  if (std::exchange(begun_, true)) throw InvalidArgumentError("a second line of the type store");
  const std::uint64_t version = number_at(fields, "format_version");
  if (version == 0 || version > format::kFormatVersion) {
    throw InvalidArgumentError(
        fmt::format("the dump has format version {}, and this program knows up to {}", version,
                    format::kFormatVersion));
  }
  token_mark_ = number_at(fields, "token_mark");
  // First of all changes, as in a store that lives: no token is there before its mark.
  if (token_mark_ != 0) writer_.append(storage::PutTokenMark{token_mark_});
}

void DumpLoader::take_pool(const Json& fields) {
  ProxyPool pool = format::pool_from_json(fields);
  require_new(pools_, pool.id, "pool");
  require_new_name(pool_names_, pool.name, "pools");
  writer_.append(storage::PutPool{std::move(pool)});
  ++summary_.pools;
}

void DumpLoader::take_consumer(const Json& fields) {
  Consumer consumer = format::consumer_from_json(fields);
  require_new(consumers_, consumer.id, "consumer");
  require_new_name(consumer_names_, consumer.name, "consumers");
  writer_.append(storage::PutConsumer{std::move(consumer)});
  ++summary_.consumers;
}

void DumpLoader::take_proxy(const Json& fields) {
  const auto credentials = fields.find("credentials");
  if (credentials != fields.end() && credentials->is_object() &&
      credentials->value("password", Json()) == format::kMaskedPassword) {
    throw InvalidArgumentError("the password is masked: dump with --show-secrets");
  }
  Proxy proxy = format::proxy_from_json(fields);
  require_new(proxies_, proxy.id, "proxy");
  require_known(pools_, proxy.pool_id, "pool");
  writer_.append(storage::PutProxy{std::move(proxy)});
  ++summary_.proxies;
}

void DumpLoader::take_lease(const Json& fields, LeaseStatus expected) {
  format::StoredLease stored = format::lease_from_json(fields);
  const Lease& lease = stored.lease;
  if (lease.status != expected) {
    throw InvalidArgumentError(fmt::format("its status is {}", to_string(lease.status)));
  }
  require_new(leases_, lease.id, "lease");
  if (lease.token >= token_mark_) {
    throw InvalidArgumentError(
        fmt::format("its token {} is not below token_mark {}", lease.token, token_mark_));
  }
  if (expected == LeaseStatus::released) {
    writer_.append(storage::EndLease{std::move(stored)});
    ++summary_.ended_leases;
    return;
  }
  require_known(proxies_, lease.proxy_id, "proxy");
  require_known(consumers_, lease.consumer_id, "consumer");
  writer_.append(storage::PutLease{std::move(stored)});
  ++summary_.leases;
}

void DumpLoader::take_health(const Json& fields) {
  HealthCheckResult result = format::health_from_json(fields);
  require_new(checked_, result.proxy_id, "health of proxy");
  require_known(proxies_, result.proxy_id, "proxy");
  writer_.append(storage::PutHealth{std::move(result)});
  ++summary_.health;
}

void DumpLoader::take_cursor(const Json& fields) {
  const Uuid pool_id = id_at(fields, "pool_id");
  require_new(cursors_, pool_id, "cursor of pool");
  require_known(pools_, pool_id, "pool");
  writer_.append(storage::PutCursor{pool_id, id_at(fields, "last_chosen")});
  ++summary_.cursors;
}

}  // namespace pharox::tools
