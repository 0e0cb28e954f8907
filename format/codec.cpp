#include "format/codec.h"

#include <bit>
#include <limits>
#include <type_traits>

#include "format/record_buffer.h"
#include "format/refusal.h"
#include "records_generated.h"

namespace pharox::format {

namespace {

using flatbuffers::FlatBufferBuilder;

wire::Id to_wire(const Uuid& id) { return std::bit_cast<wire::Id>(id); }
Uuid from_wire(const wire::Id& id) { return std::bit_cast<Uuid>(id); }

std::int64_t to_wire(Timestamp t) { return t.time_since_epoch().count(); }
Timestamp timestamp(std::int64_t us) { return Timestamp{Duration{us}}; }

template <typename Enum>
requires std::is_enum_v<Enum> std::uint8_t to_wire(Enum value) {
  return static_cast<std::uint8_t>(value);
}

template <typename T>
auto to_wire(const std::optional<T>& value) {
  using Scalar = decltype(to_wire(*value));
  return value ? flatbuffers::Optional<Scalar>(to_wire(*value)) : flatbuffers::nullopt;
}

using TextOffset = flatbuffers::Offset<flatbuffers::String>;

TextOffset add_text(FlatBufferBuilder& builder, const std::string& text) {
  return builder.CreateString(text);
}
TextOffset add_text(FlatBufferBuilder& builder, const std::optional<std::string>& text) {
  return text ? builder.CreateString(*text) : TextOffset{};
}

std::optional<std::string> optional_text(const flatbuffers::String* text) {
  if (text == nullptr) return std::nullopt;
  return text->str();
}

template <typename Record>
Keyed<Record> valid(Record record, const Uuid& id) {
  validate(record);
  return {std::move(record), uuid_key(id)};
}

StoredLease decode_lease(Table table, LeaseStatus status, std::string_view key,
                         std::string_view value) {
  return decode_record<wire::Lease>(
      table, kLeaseIdentifier, key, value, [&](const wire::Lease& in) {
        StoredLease out;
        Lease& lease = out.lease;
        lease.id = from_wire(*in.id());
        lease.proxy_id = from_wire(*in.proxy_id());
        lease.consumer_id = from_wire(*in.consumer_id());
        lease.pool_id = from_wire(*in.pool_id());
        lease.pool_name = in.pool_name()->str();
        lease.status = LeaseStatus{in.status()};
        lease.acquired_at = timestamp(in.acquired_at());
        lease.expires_at = timestamp(in.expires_at());
        if (const auto us = in.released_at()) lease.released_at = timestamp(*us);
        if (const auto reason = in.end_reason()) lease.end_reason = EndReason{*reason};
        lease.token = in.token();
        out.duration = Duration{in.duration()};
        out.deadline_since_boot = Duration{in.deadline_since_boot()};
        out.boot_id = from_wire(*in.boot_id());
        if (lease.status != status) {
          refuse("lease.status", to_string(lease.status),
                 "be " + std::string(to_string(status)) + " in this table");
        }
        return valid(std::move(out), lease.id);
      });
}

void validate(const HistoryOrder& order) {
  const std::size_t count = order.lease_ids.size();
  if (count == 0) refuse("history_order.lease_ids", "empty", "name at least one lease");
  if (order.first > std::numeric_limits<std::uint64_t>::max() - count) {
    refuse("history_order.first", std::to_string(order.first), "leave room for those after it");
  }
  if (order.ended_at < kMinTimestamp || order.ended_at > kMaxTimestamp) {
    refuse("history_order.ended_at", std::to_string(to_wire(order.ended_at)) + " us after 1970",
           "be in the years 1 to 9999");
  }
  for (const Uuid& id : order.lease_ids) {
    if (id.is_nil()) refuse("history_order.lease_ids", "with a nil UUID", "hold none");
  }
}

}  // namespace

std::string encode(const ProxyPool& pool) {
  return encode_record(kPoolIdentifier, uuid_key(pool.id), [&](FlatBufferBuilder& builder) {
    const wire::Id id = to_wire(pool.id);
    const auto name = add_text(builder, pool.name);
    const auto description = add_text(builder, pool.description);
    return wire::CreatePool(builder, &id, name, description);
  });
}

ProxyPool decode_pool(std::string_view key, std::string_view value) {
  return decode_record<wire::Pool>(Table::pools, kPoolIdentifier, key, value,
                                   [](const wire::Pool& in) {
                                     ProxyPool pool{.id = from_wire(*in.id()),
                                                    .name = in.name()->str(),
                                                    .description = optional_text(in.description())};
                                     return valid(std::move(pool), from_wire(*in.id()));
                                   });
}

std::string encode(const Consumer& consumer) {
  return encode_record(kConsumerIdentifier, uuid_key(consumer.id), [&](FlatBufferBuilder& builder) {
    const wire::Id id = to_wire(consumer.id);
    return wire::CreateConsumer(builder, &id, add_text(builder, consumer.name));
  });
}

Consumer decode_consumer(std::string_view key, std::string_view value) {
  return decode_record<wire::Consumer>(
      Table::consumers, kConsumerIdentifier, key, value, [](const wire::Consumer& in) {
        Consumer consumer{.id = from_wire(*in.id()), .name = in.name()->str()};
        return valid(std::move(consumer), from_wire(*in.id()));
      });
}

std::string encode(const Proxy& proxy) {
  return encode_record(kProxyIdentifier, uuid_key(proxy.id), [&](FlatBufferBuilder& builder) {
    const wire::Id id = to_wire(proxy.id);
    const wire::Id pool_id = to_wire(proxy.pool_id);
    const auto host = add_text(builder, proxy.host);
    flatbuffers::Offset<wire::Credentials> credentials;
    if (proxy.credentials) {
      const auto user = add_text(builder, proxy.credentials->user);
      const auto password = add_text(builder, proxy.credentials->password);
      credentials = wire::CreateCredentials(builder, user, password);
    }
    const auto source = add_text(builder, proxy.source);
    const auto country = add_text(builder, proxy.country);
    const auto city = add_text(builder, proxy.city);
    const auto isp = add_text(builder, proxy.isp);
    return wire::CreateProxy(builder, &id, host, proxy.port, to_wire(proxy.protocol), &pool_id,
                             to_wire(proxy.status), to_wire(proxy.checked_at), credentials, source,
                             country, city, proxy.latitude, proxy.longitude, isp, proxy.asn,
                             proxy.max_concurrency);
  });
}

Proxy decode_proxy(std::string_view key, std::string_view value) {
  return decode_record<wire::Proxy>(
      Table::proxies, kProxyIdentifier, key, value, [](const wire::Proxy& in) {
        std::optional<Credentials> credentials;
        if (const auto* c = in.credentials()) {
          credentials = Credentials{c->user()->str(), c->password()->str()};
        }
        // Every member is named, so that no default is computed: those read clocks and generators.
        Proxy proxy{.id = from_wire(*in.id()),
                    .host = in.host()->str(),
                    .port = in.port(),
                    .protocol = ProxyProtocol{in.protocol()},
                    .pool_id = from_wire(*in.pool_id()),
                    .status = ProxyStatus{in.status()},
                    .checked_at = timestamp(in.checked_at()),
                    .credentials = std::move(credentials),
                    .source = optional_text(in.source()),
                    .country = optional_text(in.country()),
                    .city = optional_text(in.city()),
                    .latitude = in.latitude(),
                    .longitude = in.longitude(),
                    .isp = optional_text(in.isp()),
                    .asn = in.asn(),
                    .max_concurrency = in.max_concurrency(),
                    .current_leases = 0};
        return valid(std::move(proxy), from_wire(*in.id()));
      });
}

std::string encode(const StoredLease& stored) {
  const Lease& lease = stored.lease;
  return encode_record(kLeaseIdentifier, uuid_key(lease.id), [&](FlatBufferBuilder& builder) {
    const wire::Id id = to_wire(lease.id);
    const wire::Id proxy_id = to_wire(lease.proxy_id);
    const wire::Id consumer_id = to_wire(lease.consumer_id);
    const wire::Id pool_id = to_wire(lease.pool_id);
    const wire::Id boot_id = to_wire(stored.boot_id);
    const auto pool_name = add_text(builder, lease.pool_name);
    return wire::CreateLease(builder, &id, &proxy_id, &consumer_id, &pool_id, pool_name,
                             to_wire(lease.status), to_wire(lease.acquired_at),
                             to_wire(lease.expires_at), to_wire(lease.released_at),
                             to_wire(lease.end_reason), lease.token, stored.duration.count(),
                             stored.deadline_since_boot.count(), &boot_id);
  });
}

StoredLease decode_active_lease(std::string_view key, std::string_view value) {
  return decode_lease(Table::leases, LeaseStatus::active, key, value);
}

StoredLease decode_ended_lease(std::string_view key, std::string_view value) {
  return decode_lease(Table::lease_history, LeaseStatus::released, key, value);
}

std::string encode(const HealthCheckResult& result) {
  return encode_record(
      kHealthIdentifier, uuid_key(result.proxy_id), [&](FlatBufferBuilder& builder) {
        const wire::Id proxy_id = to_wire(result.proxy_id);
        const auto error_message = add_text(builder, result.error_message);
        return wire::CreateHealth(builder, &proxy_id, to_wire(result.status), result.latency_ms,
                                  to_wire(result.protocol), result.attempts, result.status_code,
                                  to_wire(result.checked_at), error_message);
      });
}

HealthCheckResult decode_health(std::string_view key, std::string_view value) {
  return decode_record<wire::Health>(
      Table::health, kHealthIdentifier, key, value, [](const wire::Health& in) {
        HealthCheckResult result{.proxy_id = from_wire(*in.proxy_id()),
                                 .status = ProxyStatus{in.status()},
                                 .latency_ms = in.latency_ms(),
                                 .protocol = ProxyProtocol{in.protocol()},
                                 .attempts = in.attempts(),
                                 .status_code = in.status_code(),
                                 .checked_at = timestamp(in.checked_at()),
                                 .error_message = optional_text(in.error_message())};
        return valid(std::move(result), from_wire(*in.proxy_id()));
      });
}

std::string encode(const HistoryOrder& order) {
  return encode_record(
      kHistoryOrderIdentifier, number_key(order.first), [&](FlatBufferBuilder& builder) {
        const auto* ids = reinterpret_cast<const wire::Id*>(order.lease_ids.data());
        const auto lease_ids = builder.CreateVectorOfStructs(ids, order.lease_ids.size());
        return wire::CreateHistoryOrder(builder, order.first, to_wire(order.ended_at), lease_ids);
      });
}

HistoryOrder decode_history_order(std::string_view key, std::string_view value) {
  return decode_record<wire::HistoryOrder>(
      Table::history_order, kHistoryOrderIdentifier, key, value, [](const wire::HistoryOrder& in) {
        HistoryOrder order{
            .first = in.first(), .ended_at = timestamp(in.ended_at()), .lease_ids = {}};
        order.lease_ids.reserve(in.lease_ids()->size());
        for (const wire::Id* id : *in.lease_ids()) order.lease_ids.push_back(from_wire(*id));
        validate(order);
        return Keyed<HistoryOrder>{std::move(order), number_key(in.first())};
      });
}

}  // namespace pharox::format
