// A row of a JSON list, in one of the shapes that lists come in:
//
//   ours         the fields of Proxy, with credentials as an object
//   flat         common names for them ("ip", "username", "lat", ...), numbers as numbers or texts
//   nested       asn.autonomous_system_number and .autonomous_system_organization (the isp),
//                geolocation.country.iso_code, .city.names.en, .location.latitude and .longitude,
//                where each level may be missing or null
//
// They may be mixed. Members that mean nothing to us are ignored.
#pragma once

#include <string_view>

#include "tools/import/import_row.h"
#include "tools/import/row_fields.h"

namespace pharox::tools {

// Throws InvalidArgumentError.
ImportRow parse_json_row(std::string_view text, IgnoredNames& ignored);

}  // namespace pharox::tools
