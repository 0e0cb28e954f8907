// The rules of every record.
#include <algorithm>
#include <charconv>

#include "format/refusal.h"
#include "format/stored_lease.h"
#include "format/utf8.h"
#include "pharox/consumer.h"
#include "pharox/errors.h"
#include "pharox/health.h"
#include "pharox/lease.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox {

namespace {

using format::in_quotes;
using format::refuse;

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxText = 255;

// No lease can be granted for longer. It also keeps sums of stored spans far from overflow.
constexpr Duration kMaxSpan = kMaxTimestamp - kMinTimestamp;

void check_id(std::string_view field, const Uuid& id) {
  if (id.is_nil()) refuse(field, "the nil UUID", "be another one");
}

void check_name(std::string_view field, std::string_view name) {
  if (name.empty() || name.size() > kMaxName || !format::is_utf8(name)) {
    refuse(field, in_quotes(name), "be 1 to 128 bytes of UTF-8");
  }
}

bool is_text(std::string_view text) { return text.size() <= kMaxText && format::is_utf8(text); }

void check_text(std::string_view field, std::string_view text) {
  if (!is_text(text)) refuse(field, in_quotes(text), "be at most 255 bytes of UTF-8");
}

void check_optional_text(std::string_view field, const std::optional<std::string>& text) {
  if (text) check_text(field, *text);
}

void check_host(const std::string& host) {
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '/' || c == '@';
  };
  if (!host.empty() && is_text(host) && std::none_of(host.begin(), host.end(), forbidden)) return;
  // Whoever passes a whole URL as the host passes the password in it.
  const std::size_t at = host.rfind('@');
  refuse("proxy.host", in_quotes(at == host.npos ? host : "***" + host.substr(at)),
         "be 1 to 255 bytes of UTF-8 without spaces, control characters, '/' or '@'");
}

template <typename Enum>
void check_enum(std::string_view field, Enum value) {
  if (to_string(value) != "unknown") return;
  refuse(field, "number " + std::to_string(static_cast<unsigned>(value)), "be a known one");
}

void check_positive(std::string_view field, std::uint32_t value) {
  if (value == 0) refuse(field, "0", "be at least 1");
}

void check_degrees(std::string_view field, const std::optional<double>& degrees, int limit) {
  // Written so that NaN fails too.
  if (!degrees || (*degrees >= -limit && *degrees <= limit)) return;
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, *degrees).ptr;
  refuse(field, std::string_view(text, std::size_t(end - text)),
         "be from -" + std::to_string(limit) + " to " + std::to_string(limit));
}

void check_timestamp(std::string_view field, Timestamp t) {
  if (t >= kMinTimestamp && t <= kMaxTimestamp) return;
  refuse(field, std::to_string(t.time_since_epoch().count()) + " us after 1970",
         "be in the years 1 to 9999");
}

void check_span(std::string_view field, Duration span) {
  if (span >= Duration::zero() && span <= kMaxSpan) return;
  refuse(field, std::to_string(span.count()) + " us", "be from 0 to 9999 years");
}

}  // namespace

void validate(const ProxyPool& pool) {
  check_id("pool.id", pool.id);
  check_name("pool.name", pool.name);
  check_optional_text("pool.description", pool.description);
}

void validate(const Consumer& consumer) {
  check_id("consumer.id", consumer.id);
  check_name("consumer.name", consumer.name);
}

void validate(const Proxy& proxy) {
  check_id("proxy.id", proxy.id);
  check_host(proxy.host);
  if (proxy.port == 0) refuse("proxy.port", "0", "be from 1 to 65535");
  check_enum("proxy.protocol", proxy.protocol);
  check_id("proxy.pool_id", proxy.pool_id);
  check_enum("proxy.status", proxy.status);
  check_timestamp("proxy.checked_at", proxy.checked_at);
  if (proxy.credentials) {
    check_text("proxy.credentials.user", proxy.credentials->user);
    if (!is_text(proxy.credentials->password)) {
      refuse("proxy.credentials.password", "a secret, not shown", "be at most 255 bytes of UTF-8");
    }
  }
  check_optional_text("proxy.source", proxy.source);
  check_optional_text("proxy.country", proxy.country);
  check_optional_text("proxy.city", proxy.city);
  check_degrees("proxy.latitude", proxy.latitude, 90);
  check_degrees("proxy.longitude", proxy.longitude, 180);
  check_optional_text("proxy.isp", proxy.isp);
  if (proxy.max_concurrency) check_positive("proxy.max_concurrency", *proxy.max_concurrency);
}

void validate(const Lease& lease) {
  check_id("lease.id", lease.id);
  check_id("lease.proxy_id", lease.proxy_id);
  check_id("lease.consumer_id", lease.consumer_id);
  check_id("lease.pool_id", lease.pool_id);
  check_name("lease.pool_name", lease.pool_name);
  check_enum("lease.status", lease.status);
  check_timestamp("lease.acquired_at", lease.acquired_at);
  check_timestamp("lease.expires_at", lease.expires_at);
  // No rule orders these moments: the wall clock may be set back between any two of them, and a
  // lease that was renewed after that must still be readable.
  if (lease.released_at) check_timestamp("lease.released_at", *lease.released_at);
  if (lease.end_reason) check_enum("lease.end_reason", *lease.end_reason);

  const bool released = lease.status == LeaseStatus::released;
  const std::string_view rule =
      released ? "be set when status is released" : "be absent when status is active";
  if (lease.released_at.has_value() != released) {
    refuse("lease.released_at", released ? "absent" : to_string(*lease.released_at), rule);
  }
  if (lease.end_reason.has_value() != released) {
    refuse("lease.end_reason", released ? "absent" : to_string(*lease.end_reason), rule);
  }
}

void validate(const HealthCheckResult& result) {
  check_id("health.proxy_id", result.proxy_id);
  check_enum("health.status", result.status);
  check_enum("health.protocol", result.protocol);
  check_positive("health.attempts", result.attempts);
  check_timestamp("health.checked_at", result.checked_at);
  check_optional_text("health.error_message", result.error_message);
}

void format::validate(const StoredLease& lease) {
  validate(lease.lease);
  check_span("lease.duration", lease.duration);
  check_span("lease.deadline_since_boot", lease.deadline_since_boot);
}

}  // namespace pharox
