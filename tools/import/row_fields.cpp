#include "tools/import/row_fields.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <unordered_map>

#include "pharox/errors.h"

namespace pharox::tools {

namespace {

const std::unordered_map<std::string_view, Field> kNames{
    {"host", Field::host},
    {"hostname", Field::host},
    {"ip", Field::host},
    {"ip_address", Field::host},
    {"address", Field::host},
    {"server", Field::host},
    {"port", Field::port},
    {"protocol", Field::protocol},
    {"scheme", Field::protocol},
    {"type", Field::protocol},
    {"user", Field::user},
    {"username", Field::user},
    {"login", Field::user},
    {"password", Field::password},
    {"pass", Field::password},
    {"pwd", Field::password},
    {"source", Field::source},
    {"country", Field::country},
    {"country_code", Field::country},
    {"city", Field::city},
    {"city_name", Field::city},
    {"latitude", Field::latitude},
    {"lat", Field::latitude},
    {"longitude", Field::longitude},
    {"lon", Field::longitude},
    {"lng", Field::longitude},
    {"isp", Field::isp},
    {"org", Field::isp},
    {"organization", Field::isp},
    {"asn", Field::asn},
    {"as_number", Field::asn},
    {"max_concurrency", Field::max_concurrency},
    {"concurrency", Field::max_concurrency},
    {"status", Field::status},
    {"checked_at", Field::checked_at},
    {"last_checked", Field::checked_at},
    {"id", Field::derived},
    {"pool_id", Field::derived},
    {"current_leases", Field::derived},
};

[[noreturn]] void refuse(std::string_view field, std::string_view text, std::string_view rule) {
  throw InvalidArgumentError(fmt::format("{} '{}' is not {}", field, text.substr(0, 64), rule));
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void set_text(std::optional<std::string>& target, std::string_view text) {
  if (!target) target = text;
}

template <class T>
void set_parsed(std::optional<T>& target, std::string_view name, std::string_view text,
                const std::optional<T>& value, std::string_view rule) {
  if (!value) refuse(name, text, rule);
  if (!target) target = value;
}

void set_degrees(std::optional<double>& target, std::string_view name, std::string_view text) {
  auto degrees = number_in<double>(text);
  if (degrees && !std::isfinite(*degrees)) degrees.reset();
  set_parsed(target, name, text, degrees, "a number of degrees");
}

std::optional<std::uint32_t> asn_in(std::string_view text) {
  if (text.starts_with("AS") || text.starts_with("as")) text.remove_prefix(2);
  return number_in<std::uint32_t>(text);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\v\f\r\n";
  const std::size_t first = text.find_first_not_of(kWhite);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<Field> field_named(std::string_view name) {
  std::string plain = lower_case(trimmed(name));
  for (char& c : plain) {
    if (c == '-' || c == ' ') c = '_';
  }
  const auto found = kNames.find(plain);
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ProxyProtocol> protocol_named(std::string_view name) {
  std::string plain = lower_case(name);
  // The letters say who resolves names, which is the client's business.
  if (plain == "socks5h" || plain == "socks4a") plain.pop_back();
  if (plain == "socks") plain = "socks5";
  return parse_proxy_protocol(plain);
}

std::optional<std::uint16_t> port_in(std::string_view text) {
  const auto port = number_in<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

void set_field(ImportRow& row, Field field, std::string_view raw) {
  const std::string_view text = trimmed(raw);
  if (text.empty() && field != Field::password) return;
  switch (field) {
    case Field::host:
      if (row.host.empty()) row.host = text;
      return;
    case Field::port: {
      const auto port = port_in(text);
      if (!port) refuse("port", text, "a number from 1 to 65535");
      if (row.port == 0) row.port = *port;
      return;
    }
    case Field::protocol:
      return set_parsed(row.protocol, "protocol", text, protocol_named(text),
                        "http, https, socks4 or socks5");
    case Field::user:
      return set_text(row.user, text);
    case Field::password:
      // White space may be part of it.
      if (!raw.empty()) set_text(row.password, raw);
      return;
    case Field::source:
      return set_text(row.source, text);
    case Field::country:
      return set_text(row.country, text);
    case Field::city:
      return set_text(row.city, text);
    case Field::latitude:
      return set_degrees(row.latitude, "latitude", text);
    case Field::longitude:
      return set_degrees(row.longitude, "longitude", text);
    case Field::isp:
      return set_text(row.isp, text);
    case Field::asn:
      return set_parsed(row.asn, "asn", text, asn_in(text), "an autonomous system's number");
    case Field::max_concurrency:
      return set_parsed(row.max_concurrency, "max_concurrency", text,
                        number_in<std::uint32_t>(text), "a whole number");
    case Field::status:
      return set_parsed(row.status, "status", text, parse_proxy_status(lower_case(text)),
                        "active, inactive, slow or banned");
    case Field::checked_at:
      return set_parsed(row.checked_at, "checked_at", text, parse_timestamp(text), "a time");
    case Field::derived:
      return;
  }
}

}  // namespace pharox::tools
