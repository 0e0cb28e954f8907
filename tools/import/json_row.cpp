#include "tools/import/json_row.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string>

#include "format/json_text.h"
#include "pharox/errors.h"

namespace pharox::tools {

namespace {

using format::Json;

// The value at the end of a path of member names; null when a level is missing or null.
const Json* find(const Json& json, std::initializer_list<const char*> path) {
  const Json* level = &json;
  for (const char* name : path) {
    if (!level->is_object()) return nullptr;
    const auto member = level->find(name);
    if (member == level->end() || member->is_null()) return nullptr;
    level = &*member;
  }
  return level;
}

void set_value(ImportRow& row, Field field, std::string_view name, const Json& value) {
  if (value.is_string()) {
    set_field(row, field, value.get_ref<const std::string&>());
  } else if (value.is_number()) {
    set_field(row, field, value.dump());
  } else {
    throw InvalidArgumentError(
        fmt::format("{} is neither a text nor a number", name.substr(0, 64)));
  }
}

void set_at(ImportRow& row, Field field, const Json& json,
            std::initializer_list<const char*> path) {
  if (const Json* value = find(json, path)) set_value(row, field, *(path.end() - 1), *value);
}

// The members that are objects. False when `name` is none of them.
bool set_nested(ImportRow& row, std::string_view name, const Json& value) {
  if (name == "credentials") {
    set_at(row, Field::user, value, {"user"});
    set_at(row, Field::password, value, {"password"});
  } else if (name == "asn") {
    set_at(row, Field::asn, value, {"autonomous_system_number"});
    set_at(row, Field::isp, value, {"autonomous_system_organization"});
  } else if (name == "geolocation") {
    set_at(row, Field::country, value, {"country", "iso_code"});
    set_at(row, Field::city, value, {"city", "names", "en"});
    set_at(row, Field::latitude, value, {"location", "latitude"});
    set_at(row, Field::longitude, value, {"location", "longitude"});
  } else {
    return false;
  }
  return true;
}

}  // namespace

ImportRow parse_json_row(std::string_view text, IgnoredNames& ignored) {
  const Json json = format::parse_json(text);
  if (!json.is_object()) throw InvalidArgumentError("it is not a JSON object");
  ImportRow row;
  for (const auto& [name, value] : json.items()) {
    if (value.is_null()) continue;
    if (value.is_object() && set_nested(row, name, value)) continue;
    // The lines of our own dumps say what they are.
    if (name == "type" && value == "proxy") continue;
    if (const auto field = field_named(name)) {
      if (*field != Field::derived) set_value(row, *field, name, value);
    } else {
      ignored.add(name);
    }
  }
  return row;
}

}  // namespace pharox::tools
