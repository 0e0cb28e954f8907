// The names that lists give to the fields of a row, and the text of each field.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tools/import/import_row.h"

namespace pharox::tools {

enum class Field {
  host,
  port,
  protocol,
  user,
  password,
  source,
  country,
  city,
  latitude,
  longitude,
  isp,
  asn,
  max_concurrency,
  status,
  checked_at,
  derived,  // of our own dumps, and not for the importer: the ids, the number of leases
};

// The field that a column or member of this name means, in any case, with "-" or " " for "_".
std::optional<Field> field_named(std::string_view name);

// Sets the field from its text. Empty text, and a field that is set already (by another column
// that means the same), change nothing. Throws InvalidArgumentError, without the value where it
// could be a secret.
void set_field(ImportRow& row, Field field, std::string_view text);

// The value of a protocol column or URL scheme, with the usual variations ("SOCKS5h").
std::optional<ProxyProtocol> protocol_named(std::string_view name);

// A whole decimal number from 1 to 65535.
std::optional<std::uint16_t> port_in(std::string_view text);

// `text` without white space around it.
std::string_view trimmed(std::string_view text);

// Lower case, for ASCII letters.
std::string lower_case(std::string_view text);

// The names of a list that mean nothing to us, for one note at its end. Bounded.
class IgnoredNames {
 public:
  void add(std::string_view name) {
    if (names_.size() < kMax) names_.emplace(name.substr(0, 64));
  }
  const std::set<std::string>& names() const { return names_; }

 private:
  static constexpr std::size_t kMax = 20;
  std::set<std::string> names_;
};

}  // namespace pharox::tools
