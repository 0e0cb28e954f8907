#include "pharox/proxy.h"

namespace pharox {

namespace {

// RFC 3986: everything but its unreserved characters.
void append_percent_encoded(std::string& url, std::string_view text) {
  constexpr std::string_view kUnreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (kUnreserved.find(c) != kUnreserved.npos) {
      url += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    url += '%';
    url += kHexDigits[byte >> 4];
    url += kHexDigits[byte & 15];
  }
}

}  // namespace

std::string Proxy::url() const {
  std::string url(pharox::to_string(protocol));
  url += "://";
  if (credentials) {
    append_percent_encoded(url, credentials->user);
    url += ':';
    append_percent_encoded(url, credentials->password);
    url += '@';
  }
  const bool is_ipv6 = host.find(':') != host.npos;
  url += is_ipv6 ? "[" + host + "]" : host;
  return url + ':' + std::to_string(port);
}

}  // namespace pharox
