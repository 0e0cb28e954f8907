#include "format/json_text.h"

#include "format/json_fields.h"

namespace pharox::format {

namespace {

template <typename T>
void put_optional(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

}  // namespace

Json to_json(const ProxyPool& pool) {
  Json json{{"id", pool.id.to_string()}, {"name", pool.name}};
  put_optional(json, "description", pool.description);
  return json;
}

ProxyPool pool_from_json(const Json& json) {
  ProxyPool pool;
  JsonFields fields(json, "pool");
  fields.defaulted("id", pool.id);
  fields.required("name", pool.name);
  fields.optional("description", pool.description);
  fields.refuse_others();
  validate(pool);
  return pool;
}

Json to_json(const Consumer& consumer) {
  return {{"id", consumer.id.to_string()}, {"name", consumer.name}};
}

Consumer consumer_from_json(const Json& json) {
  Consumer consumer;
  JsonFields fields(json, "consumer");
  fields.defaulted("id", consumer.id);
  fields.required("name", consumer.name);
  fields.refuse_others();
  validate(consumer);
  return consumer;
}

Json to_json(const Proxy& proxy, Secrets secrets) {
  Json json{{"id", proxy.id.to_string()},
            {"host", proxy.host},
            {"port", proxy.port},
            {"protocol", to_string(proxy.protocol)},
            {"pool_id", proxy.pool_id.to_string()},
            {"status", to_string(proxy.status)},
            {"checked_at", to_string(proxy.checked_at)}};
  if (proxy.credentials) {
    const bool show = secrets == Secrets::show;
    json["credentials"] = {
        {"user", proxy.credentials->user},
        {"password", show ? std::string_view(proxy.credentials->password) : kMaskedPassword}};
  }
  put_optional(json, "source", proxy.source);
  put_optional(json, "country", proxy.country);
  put_optional(json, "city", proxy.city);
  put_optional(json, "latitude", proxy.latitude);
  put_optional(json, "longitude", proxy.longitude);
  put_optional(json, "isp", proxy.isp);
  put_optional(json, "asn", proxy.asn);
  put_optional(json, "max_concurrency", proxy.max_concurrency);
  return json;
}

Proxy proxy_from_json(const Json& json) {
  Proxy proxy;
  JsonFields fields(json, "proxy");
  fields.defaulted("id", proxy.id);
  fields.required("host", proxy.host);
  fields.required("port", proxy.port);
  fields.required("protocol", proxy.protocol);
  fields.required("pool_id", proxy.pool_id);
  fields.defaulted("status", proxy.status);
  fields.defaulted("checked_at", proxy.checked_at);
  fields.optional("credentials", proxy.credentials);
  fields.optional("source", proxy.source);
  fields.optional("country", proxy.country);
  fields.optional("city", proxy.city);
  fields.optional("latitude", proxy.latitude);
  fields.optional("longitude", proxy.longitude);
  fields.optional("isp", proxy.isp);
  fields.optional("asn", proxy.asn);
  fields.optional("max_concurrency", proxy.max_concurrency);
  fields.refuse_others();
  validate(proxy);
  return proxy;
}

Json to_json(const Lease& lease) {
  Json json{{"id", lease.id.to_string()},
            {"proxy_id", lease.proxy_id.to_string()},
            {"consumer_id", lease.consumer_id.to_string()},
            {"pool_id", lease.pool_id.to_string()},
            {"pool_name", lease.pool_name},
            {"status", to_string(lease.status)},
            {"acquired_at", to_string(lease.acquired_at)},
            {"expires_at", to_string(lease.expires_at)}};
  if (lease.released_at) json["released_at"] = to_string(*lease.released_at);
  if (lease.end_reason) json["end_reason"] = to_string(*lease.end_reason);
  json["token"] = lease.token;
  return json;
}

Json to_json(const StoredLease& stored) {
  Json json = to_json(stored.lease);
  json["duration_us"] = stored.duration.count();
  return json;
}

StoredLease lease_from_json(const Json& json) {
  StoredLease stored;
  Lease& lease = stored.lease;
  std::int64_t duration_us = 0;
  JsonFields fields(json, "lease");
  fields.required("id", lease.id);
  fields.required("proxy_id", lease.proxy_id);
  fields.required("consumer_id", lease.consumer_id);
  fields.required("pool_id", lease.pool_id);
  fields.required("pool_name", lease.pool_name);
  fields.required("status", lease.status);
  fields.required("acquired_at", lease.acquired_at);
  fields.required("expires_at", lease.expires_at);
  fields.optional("released_at", lease.released_at);
  fields.optional("end_reason", lease.end_reason);
  fields.required("token", lease.token);
  fields.required("duration_us", duration_us);
  fields.refuse_others();
  stored.duration = Duration{duration_us};
  validate(stored);
  return stored;
}

Json to_json(const HealthCheckResult& result) {
  Json json{{"proxy_id", result.proxy_id.to_string()},
            {"status", to_string(result.status)},
            {"latency_ms", result.latency_ms},
            {"protocol", to_string(result.protocol)},
            {"attempts", result.attempts}};
  put_optional(json, "status_code", result.status_code);
  json["checked_at"] = to_string(result.checked_at);
  put_optional(json, "error_message", result.error_message);
  return json;
}

HealthCheckResult health_from_json(const Json& json) {
  HealthCheckResult result;
  JsonFields fields(json, "health");
  fields.required("proxy_id", result.proxy_id);
  fields.required("status", result.status);
  fields.required("latency_ms", result.latency_ms);
  fields.required("protocol", result.protocol);
  fields.defaulted("attempts", result.attempts);
  fields.optional("status_code", result.status_code);
  fields.defaulted("checked_at", result.checked_at);
  fields.optional("error_message", result.error_message);
  fields.refuse_others();
  validate(result);
  return result;
}

Json to_json(const PoolStatsSnapshot& stats) {
  return {{"pool_name", stats.pool_name},
          {"total_proxies", stats.total_proxies},
          {"active_proxies", stats.active_proxies},
          {"available_proxies", stats.available_proxies},
          {"leased_proxies", stats.leased_proxies},
          {"total_leases", stats.total_leases},
          {"collected_at", to_string(stats.collected_at)}};
}

}  // namespace pharox::format
