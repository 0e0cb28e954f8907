#include "format/codec.h"

#include <algorithm>
#include <bit>
#include <cstring>
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

using TextOffset = flatbuffers::Offset<flatbuffers::String>;

TextOffset add_text(FlatBufferBuilder& builder, const std::string& text) {
  return builder.CreateString(text);
}
TextOffset add_text(FlatBufferBuilder& builder, const std::optional<std::string>& text) {
  return text ? builder.CreateString(*text) : TextOffset{};
}

void assign(std::string& to, const flatbuffers::String& from) {
  to.assign(from.data(), from.size());
}
void assign(std::optional<std::string>& to, const flatbuffers::String* from) {
  if (from == nullptr) return to.reset();
  if (!to) to.emplace();
  assign(*to, *from);
}

// A record in place, whatever it held before. Nothing is checked yet.
void read(const wire::Pool& in, ProxyPool& pool) {
  pool.id = from_wire(*in.id());
  assign(pool.name, *in.name());
  assign(pool.description, in.description());
}

void read(const wire::Consumer& in, Consumer& consumer) {
  consumer.id = from_wire(*in.id());
  assign(consumer.name, *in.name());
}

void read(const wire::Credentials& in, Credentials& credentials) {
  assign(credentials.user, *in.user());
  assign(credentials.password, *in.password());
}

void read(const wire::Proxy& in, Proxy& proxy) {
  proxy.id = from_wire(*in.id());
  assign(proxy.host, *in.host());
  proxy.port = in.port();
  proxy.protocol = ProxyProtocol{in.protocol()};
  proxy.pool_id = from_wire(*in.pool_id());
  proxy.status = ProxyStatus{in.status()};
  proxy.checked_at = timestamp(in.checked_at());
  if (in.credentials() == nullptr) {
    proxy.credentials.reset();
  } else {
    if (!proxy.credentials) proxy.credentials.emplace();
    read(*in.credentials(), *proxy.credentials);
  }
  assign(proxy.source, in.source());
  assign(proxy.country, in.country());
  assign(proxy.city, in.city());
  proxy.latitude = in.latitude();
  proxy.longitude = in.longitude();
  assign(proxy.isp, in.isp());
  proxy.asn = in.asn();
  proxy.max_concurrency = in.max_concurrency();
  proxy.current_leases = 0;
}

void read(const wire::Health& in, HealthCheckResult& result) {
  result.proxy_id = from_wire(*in.proxy_id());
  result.status = ProxyStatus{in.status()};
  result.latency_ms = in.latency_ms();
  result.protocol = ProxyProtocol{in.protocol()};
  result.attempts = in.attempts();
  result.status_code = in.status_code();
  result.checked_at = timestamp(in.checked_at());
  assign(result.error_message, in.error_message());
}

void read(const wire::Lease& in, LeaseRow& row) {
  const wire::LeaseFacts& facts = *in.facts();
  StoredLease& stored = row.stored;
  Lease& lease = stored.lease;
  lease.id = from_wire(facts.id());
  lease.proxy_id = from_wire(facts.proxy_id());
  lease.consumer_id = from_wire(facts.consumer_id());
  lease.pool_id = from_wire(facts.pool_id());
  stored.boot_id = from_wire(facts.boot_id());
  lease.token = facts.token();
  lease.acquired_at = timestamp(facts.acquired_at());
  lease.expires_at = timestamp(facts.expires_at());
  stored.duration = Duration{facts.duration()};
  stored.deadline_since_boot = Duration{facts.deadline_since_boot()};
  lease.status = LeaseStatus{facts.status()};
  row.end_number = facts.end_number();
  if (lease.status == LeaseStatus::released) {
    lease.end_reason = EndReason{facts.end_reason()};
    lease.released_at = timestamp(facts.released_at());
  } else {
    lease.end_reason.reset();
    lease.released_at.reset();
  }
  assign(lease.pool_name, *in.pool_name());
}

void validate(const LeaseRow& row) {
  validate(row.stored);
  if (row.end_number > kMaxEndNumber) {
    refuse("lease.end_number", std::to_string(row.end_number),
           "be at most " + std::to_string(kMaxEndNumber));
  }
  if (row.ended() == (row.stored.lease.status == LeaseStatus::released)) return;
  refuse("lease.end_number", std::to_string(row.end_number),
         row.ended() ? "be 0 while the lease is active" : "be above 0 once the lease has ended");
}

// The key that a record belongs under: a view of its id.
template <typename Record>
std::string_view key_of(const Record& record) {
  return uuid_key_view(record.id);
}
std::string_view key_of(const LeaseRow& row) { return uuid_key_view(row.stored.lease.id); }
std::string_view key_of(const HealthCheckResult& result) { return uuid_key_view(result.proxy_id); }

template <typename WireTable, typename Record>
void decode_into(Table table, const char* identifier, std::string_view key, std::string_view value,
                 Record& record) {
  decode_record<WireTable>(table, identifier, key, value, [&](const WireTable& in) {
    read(in, record);
    validate(record);
    return key_of(record);
  });
}

// Values of leases of one pool differ in their facts alone, so the next one is made of the last.
class LeaseMould {
 public:
  std::string_view cast(const Lease& lease, const wire::LeaseFacts& facts) {
    if (value_.empty() || lease.pool_name != pool_name_) form(lease.pool_name, facts);
    value_.resize(value_.size() - kSealSize);
    std::memcpy(value_.data() + facts_at_, &facts, sizeof facts);
    seal(uuid_key_view(lease.id), value_);
    return value_;
  }

 private:
  void form(const std::string& pool_name, const wire::LeaseFacts& facts) {
    std::string name = pool_name;
    std::string value = finished(kLeaseIdentifier, [&](FlatBufferBuilder& builder) {
      return wire::CreateLease(builder, &facts, add_text(builder, pool_name));
    });
    const auto* lease = flatbuffers::GetRoot<wire::Lease>(value.data());
    facts_at_ = reinterpret_cast<const char*>(lease->facts()) - value.data();
    value.append(kSealSize, '\0');
    value_ = std::move(value);
    pool_name_ = std::move(name);
  }

  std::string pool_name_;
  std::string value_;  // sealed
  std::size_t facts_at_ = 0;
};

}  // namespace

std::string encode(const ProxyPool& pool) {
  return encode_record(kPoolIdentifier, uuid_key_view(pool.id), [&](FlatBufferBuilder& builder) {
    const wire::Id id = to_wire(pool.id);
    const auto name = add_text(builder, pool.name);
    const auto description = add_text(builder, pool.description);
    return wire::CreatePool(builder, &id, name, description);
  });
}

ProxyPool decode_pool(std::string_view key, std::string_view value) {
  ProxyPool pool{.id = {}};
  decode_into<wire::Pool>(Table::pools, kPoolIdentifier, key, value, pool);
  return pool;
}

std::string encode(const Consumer& consumer) {
  return encode_record(
      kConsumerIdentifier, uuid_key_view(consumer.id), [&](FlatBufferBuilder& builder) {
        const wire::Id id = to_wire(consumer.id);
        return wire::CreateConsumer(builder, &id, add_text(builder, consumer.name));
      });
}

Consumer decode_consumer(std::string_view key, std::string_view value) {
  Consumer consumer{.id = {}};
  decode_into<wire::Consumer>(Table::consumers, kConsumerIdentifier, key, value, consumer);
  return consumer;
}

std::string encode(const Proxy& proxy) {
  return encode_record(kProxyIdentifier, uuid_key_view(proxy.id), [&](FlatBufferBuilder& builder) {
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

void decode_proxy_into(std::string_view key, std::string_view value, Proxy& proxy) {
  decode_into<wire::Proxy>(Table::proxies, kProxyIdentifier, key, value, proxy);
}

Proxy decode_proxy(std::string_view key, std::string_view value) {
  Proxy proxy{.id = {}, .checked_at = {}};  // the defaults read a generator and a clock
  decode_proxy_into(key, value, proxy);
  return proxy;
}

std::string_view encode_in_place(const StoredLease& stored, std::uint64_t end_number) {
  const Lease& lease = stored.lease;
  const wire::LeaseFacts facts(
      to_wire(lease.id), to_wire(lease.proxy_id), to_wire(lease.consumer_id),
      to_wire(lease.pool_id), to_wire(stored.boot_id), lease.token, to_wire(lease.acquired_at),
      to_wire(lease.expires_at), stored.duration.count(), stored.deadline_since_boot.count(),
      to_wire(lease.status), lease.end_reason ? to_wire(*lease.end_reason) : std::uint8_t{0},
      lease.released_at ? to_wire(*lease.released_at) : 0, end_number);
  thread_local LeaseMould mould;
  return mould.cast(lease, facts);
}

std::string encode(const StoredLease& stored, std::uint64_t end_number) {
  return std::string(encode_in_place(stored, end_number));
}

void decode_lease_into(std::string_view key, std::string_view value, LeaseRow& row) {
  decode_into<wire::Lease>(Table::leases, kLeaseIdentifier, key, value, row);
}

LeaseRow decode_lease(std::string_view key, std::string_view value) {
  LeaseRow row;
  decode_lease_into(key, value, row);
  return row;
}

bool ended_before(std::uint64_t number, std::string_view key, std::string_view value) noexcept {
  const auto has_ended = [&](const wire::Lease& in) {
    const std::uint64_t own = in.facts()->end_number();
    return own != 0 && own < number;
  };
  try {
    const std::string_view unsealed =
        value.substr(0, value.size() - std::min(value.size(), kSealSize));
    if (!read_buffer<wire::Lease>(kLeaseIdentifier, unsealed, has_ended)) return false;
    unseal(key, value);  // finds out one that only seems to have ended
    return true;
  } catch (const std::exception&) {
    return false;  // whoever reads the row says what is wrong
  }
}

std::string encode(const HealthCheckResult& result) {
  return encode_record(
      kHealthIdentifier, uuid_key_view(result.proxy_id), [&](FlatBufferBuilder& builder) {
        const wire::Id proxy_id = to_wire(result.proxy_id);
        const auto error_message = add_text(builder, result.error_message);
        return wire::CreateHealth(builder, &proxy_id, to_wire(result.status), result.latency_ms,
                                  to_wire(result.protocol), result.attempts, result.status_code,
                                  to_wire(result.checked_at), error_message);
      });
}

HealthCheckResult decode_health(std::string_view key, std::string_view value) {
  HealthCheckResult result{.checked_at = {}};
  decode_into<wire::Health>(Table::health, kHealthIdentifier, key, value, result);
  return result;
}

}  // namespace pharox::format
