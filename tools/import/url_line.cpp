#include "tools/import/url_line.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "pharox/errors.h"
#include "tools/import/row_fields.h"

namespace pharox::tools {

namespace {

constexpr auto kNone = std::string_view::npos;
constexpr std::string_view kBadPort = "the port is not a number from 1 to 65535";

// "host:port", and what follows the port.
struct Endpoint {
  std::string_view host{};
  std::uint16_t port = 0;
  std::string_view rest{};
  std::string_view error;  // empty when it is one
};

bool is_ipv6(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

Endpoint read_endpoint(std::string_view text) {
  Endpoint endpoint;
  std::size_t colon = text.find(':');
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == kNone) return {.error = "a bracket is not closed"};
    colon = bracket + 1;
    endpoint.host = text.substr(1, bracket - 1);
    if (colon >= text.size() || text[colon] != ':') return {.error = "there is no port"};
  } else {
    if (colon == kNone) return {.error = "there is no port"};
    endpoint.host = text.substr(0, colon);
  }
  if (endpoint.host.empty()) return {.error = "there is no host"};
  const std::size_t end = std::min(text.find_first_of(":/", colon + 1), text.size());
  const auto port = port_in(text.substr(colon + 1, end - colon - 1));
  if (!port) return {.error = is_ipv6(text) ? "an IPv6 address needs brackets" : kBadPort};
  endpoint.port = *port;
  endpoint.rest = text.substr(end);
  if (endpoint.rest == "/") endpoint.rest = {};
  return endpoint;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A % that begins no escape stands for itself: lists hold passwords that nobody encoded.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

void set_endpoint(ImportRow& row, const Endpoint& endpoint) {
  row.host = endpoint.host;
  row.port = endpoint.port;
}

// "user:password@host:port". False when `text` is not of this form.
bool read_with_userinfo(ImportRow& row, std::string_view text, std::string_view& error) {
  const std::size_t at = text.rfind('@');
  if (at == kNone) return false;
  const Endpoint endpoint = read_endpoint(text.substr(at + 1));
  error = endpoint.error.empty() && !endpoint.rest.empty() ? "there is text behind the port"
                                                           : endpoint.error;
  if (!error.empty()) return false;
  set_endpoint(row, endpoint);
  const std::string_view userinfo = text.substr(0, at);
  const std::size_t colon = userinfo.find(':');
  row.user = percent_decoded(userinfo.substr(0, colon));
  if (colon != kNone) row.password = percent_decoded(userinfo.substr(colon + 1));
  return true;
}

// "host:port" or "host:port:user:password". False when `text` is not of this form.
bool read_colon_form(ImportRow& row, std::string_view text, std::string_view& error) {
  const Endpoint endpoint = read_endpoint(text);
  error = endpoint.error;
  if (!error.empty()) return false;
  set_endpoint(row, endpoint);
  if (endpoint.rest.empty()) return true;
  const std::size_t colon = endpoint.rest.find(':', 1);
  if (endpoint.rest.front() != ':' || colon == kNone) {
    error = "there is text behind the port";
    return false;
  }
  row.user = endpoint.rest.substr(1, colon - 1);
  row.password = endpoint.rest.substr(colon + 1);
  return true;
}

// Takes "scheme://" off the text.
std::optional<ProxyProtocol> take_scheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  if (end == kNone) return std::nullopt;
  const std::string_view scheme = text.substr(0, end);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
  });
  if (!is_scheme) return std::nullopt;  // it is inside a password
  const auto protocol = protocol_named(scheme);
  if (!protocol) {
    throw InvalidArgumentError(
        fmt::format("the scheme '{}' is not http, https, socks4 or socks5", scheme.substr(0, 64)));
  }
  text.remove_prefix(end + 3);
  return protocol;
}

}  // namespace

std::optional<ImportRow> parse_url_line(std::string_view line) {
  std::string_view text = trimmed(line);
  if (text.empty() || text.starts_with('#')) return std::nullopt;
  text = text.substr(0, text.find_first_of(" \t\v\f"));

  ImportRow row;
  row.protocol = take_scheme(text);
  // A password may hold an @, so what has one may still be of the other form.
  std::string_view userinfo_error;
  if (read_with_userinfo(row, text, userinfo_error)) return row;
  std::string_view error;
  if (read_colon_form(row, text, error)) return row;
  throw InvalidArgumentError(std::string(userinfo_error.empty() ? error : userinfo_error));
}

}  // namespace pharox::tools
