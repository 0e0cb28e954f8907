#include "format/json_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "format/refusal.h"
#include "pharox/errors.h"

namespace pharox::format {

namespace {

// A value for a message. Of a container only the kind: a password may be inside.
std::string shown(const Json& json) {
  if (json.is_string()) return in_quotes(json.get_ref<const std::string&>());
  if (json.is_number() || json.is_boolean() || json.is_null()) return json.dump();
  return std::string("an ") + json.type_name();
}

const std::string& text_of(const Json& json, const std::string& field) {
  if (!json.is_string()) refuse(field, shown(json), "be a text");
  return json.get_ref<const std::string&>();
}

template <typename Int>
void read_integer(const Json& json, const std::string& field, Int& out) {
  // A number that does not fit 64 bits has become a floating-point one.
  const bool fits = json.is_number_unsigned()
                        ? std::in_range<Int>(json.get<std::uint64_t>())
                        : json.is_number_integer() && std::in_range<Int>(json.get<std::int64_t>());
  if (!fits) {
    refuse(field, shown(json),
           "be a whole number from " + std::to_string(std::numeric_limits<Int>::min()) + " to " +
               std::to_string(std::numeric_limits<Int>::max()));
  }
  out = json.get<Int>();
}

template <typename Enum>
void read_enum(const Json& json, const std::string& field,
               std::optional<Enum> (*parse)(std::string_view), Enum& out) {
  if (const auto value = parse(text_of(json, field))) {
    out = *value;
    return;
  }
  std::string names;
  for (int number = 1; to_string(Enum(number)) != "unknown"; ++number) {
    names.append(number == 1 ? "" : ", ").append(to_string(Enum(number)));
  }
  refuse(field, shown(json), "be one of: " + names);
}

}  // namespace

void read_json(const Json& json, const std::string& field, std::string& out) {
  out = text_of(json, field);
}

void read_json(const Json& json, const std::string& field, double& out) {
  if (!json.is_number()) refuse(field, shown(json), "be a number");
  out = json.get<double>();
}

void read_json(const Json& json, const std::string& field, std::uint16_t& out) {
  read_integer(json, field, out);
}
void read_json(const Json& json, const std::string& field, std::uint32_t& out) {
  read_integer(json, field, out);
}
void read_json(const Json& json, const std::string& field, std::uint64_t& out) {
  read_integer(json, field, out);
}
void read_json(const Json& json, const std::string& field, std::int32_t& out) {
  read_integer(json, field, out);
}
void read_json(const Json& json, const std::string& field, std::int64_t& out) {
  read_integer(json, field, out);
}

void read_json(const Json& json, const std::string& field, Uuid& out) {
  const auto id = Uuid::parse(text_of(json, field));
  if (!id) refuse(field, shown(json), "be a UUID");
  out = *id;
}

void read_json(const Json& json, const std::string& field, Timestamp& out) {
  const auto t = parse_timestamp(text_of(json, field));
  if (!t) refuse(field, shown(json), "be a time such as 2026-08-22T09:30:00.000001Z");
  out = *t;
}

void read_json(const Json& json, const std::string& field, ProxyProtocol& out) {
  read_enum(json, field, parse_proxy_protocol, out);
}
void read_json(const Json& json, const std::string& field, ProxyStatus& out) {
  read_enum(json, field, parse_proxy_status, out);
}
void read_json(const Json& json, const std::string& field, LeaseStatus& out) {
  read_enum(json, field, parse_lease_status, out);
}
void read_json(const Json& json, const std::string& field, EndReason& out) {
  read_enum(json, field, parse_end_reason, out);
}

void read_json(const Json& json, const std::string& field, Credentials& out) {
  if (!json.is_object()) refuse(field, "a secret, not shown", "be an object");
  const auto password = json.find("password");
  if (password != json.end() && !password->is_string()) {
    refuse(field + ".password", "a secret, not shown", "be a text");
  }
  if (password != json.end() && *password == kMaskedPassword) {
    refuse(field + ".password", "masked", "be the real one");
  }
  JsonFields fields(json, field);
  fields.required("user", out.user);
  fields.required("password", out.password);
  fields.refuse_others();
}

JsonFields::JsonFields(const Json& json, std::string name) : json_(json), name_(std::move(name)) {
  if (!json.is_object()) refuse(name_, shown(json), "be an object");
}

void JsonFields::refuse_others() const {
  for (const auto& item : json_.items()) {
    if (std::find(asked_.begin(), asked_.end(), item.key()) == asked_.end()) {
      throw InvalidArgumentError(name_ + " has no field " + in_quotes(item.key()));
    }
  }
}

const Json* JsonFields::find(std::string_view key) {
  const std::string& asked = asked_.emplace_back(key);
  const auto it = json_.find(asked);
  return it == json_.end() ? nullptr : &*it;
}

void JsonFields::missing(std::string_view key) const {
  throw InvalidArgumentError(field(key) + " is missing");
}

std::string JsonFields::field(std::string_view key) const { return name_ + "." + std::string(key); }

}  // namespace pharox::format
