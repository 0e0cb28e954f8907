// The JSON text of every record: used by the dump, load and import commands and by --json.
//
// One flat object a record, with the field names of the contract. Absent fields are left out.
// Reading is strict: an unknown field, a wrong type or a broken rule gives InvalidArgumentError
// naming the field, so that nothing that a file says is lost in silence.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "format/stored_lease.h"
#include "pharox/consumer.h"
#include "pharox/health.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::format {

using Json = nlohmann::ordered_json;

enum class Secrets { mask, show };

// What stands for a password that is not shown.
constexpr std::string_view kMaskedPassword = "***";

Json to_json(const ProxyPool& pool);
Json to_json(const Consumer& consumer);
// Without current_leases, which is derived: the command that shows it adds it.
Json to_json(const Proxy& proxy, Secrets secrets);
// `expires_at` is wall time. The boot of StoredLease is left out: it means nothing elsewhere.
Json to_json(const StoredLease& lease);
Json to_json(const Lease& lease);
Json to_json(const HealthCheckResult& result);
Json to_json(const PoolStatsSnapshot& stats);

ProxyPool pool_from_json(const Json& json);
Consumer consumer_from_json(const Json& json);
// Refuses a masked password.
Proxy proxy_from_json(const Json& json);
StoredLease lease_from_json(const Json& json);
HealthCheckResult health_from_json(const Json& json);

// Parses one JSON document of at most 1 MiB and 64 levels. Throws InvalidArgumentError.
Json parse_json(std::string_view text);

}  // namespace pharox::format
