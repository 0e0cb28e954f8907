#include "tools/import/import_row.h"

#include <arpa/inet.h>

#include <array>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "tools/import/row_fields.h"

namespace pharox::tools {

namespace {

std::string one_spelling(std::string host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host.find(':') != std::string::npos) {
    // inet_pton would read up to the first NUL, and drop the rest in silence.
    if (host.find('\0') != std::string::npos) throw InvalidArgumentError("host holds a NUL byte");
    in6_addr address;
    if (inet_pton(AF_INET6, host.c_str(), &address) != 1) {
      throw InvalidArgumentError("host has a colon but is no IPv6 address");
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(AF_INET6, &address, text.data(), text.size());
    return text.data();
  }
  return lower_case(host);
}

template <class T>
void set_if_present(T& target, const std::optional<typename T::value_type>& value) {
  if (value) target = value;
}

}  // namespace

void complete_row(ImportRow& row, ProxyProtocol when_absent) {
  if (!row.protocol) row.protocol = when_absent;
  if (row.host.empty()) throw InvalidArgumentError("there is no host");
  if (row.port == 0) throw InvalidArgumentError("there is no port");
  row.host = one_spelling(std::move(row.host));
  if (row.password && !row.user) throw InvalidArgumentError("there is a password but no user");
  if (row.password == format::kMaskedPassword) {
    throw InvalidArgumentError("the password is masked: dump with --show-secrets");
  }
  Proxy proxy;
  proxy.pool_id = proxy.id;  // any: only the row's own fields are in question
  if (row.status) proxy.status = *row.status;
  if (row.checked_at) proxy.checked_at = *row.checked_at;
  apply_row(row, proxy);
  validate(proxy);
}

void apply_row(const ImportRow& row, Proxy& proxy) {
  proxy.host = row.host;
  proxy.port = row.port;
  if (row.protocol) proxy.protocol = *row.protocol;
  if (row.user) {
    if (!proxy.credentials) proxy.credentials.emplace();
    proxy.credentials->user = *row.user;
    if (row.password) proxy.credentials->password = *row.password;
  }
  set_if_present(proxy.source, row.source);
  set_if_present(proxy.country, row.country);
  set_if_present(proxy.city, row.city);
  set_if_present(proxy.latitude, row.latitude);
  set_if_present(proxy.longitude, row.longitude);
  set_if_present(proxy.isp, row.isp);
  set_if_present(proxy.asn, row.asn);
  set_if_present(proxy.max_concurrency, row.max_concurrency);
}

}  // namespace pharox::tools
