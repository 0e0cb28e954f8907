// Reads the fields of one JSON object, strictly: each is asked for by name, and whatever nobody
// asked for is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/json_text.h"

namespace pharox::format {

// Each reads `json` into `out`, or refuses it naming `field`.
void read_json(const Json& json, const std::string& field, std::string& out);
void read_json(const Json& json, const std::string& field, double& out);
void read_json(const Json& json, const std::string& field, std::uint16_t& out);
void read_json(const Json& json, const std::string& field, std::uint32_t& out);
void read_json(const Json& json, const std::string& field, std::uint64_t& out);
void read_json(const Json& json, const std::string& field, std::int32_t& out);
void read_json(const Json& json, const std::string& field, std::int64_t& out);
void read_json(const Json& json, const std::string& field, Uuid& out);
void read_json(const Json& json, const std::string& field, Timestamp& out);
void read_json(const Json& json, const std::string& field, ProxyProtocol& out);
void read_json(const Json& json, const std::string& field, ProxyStatus& out);
void read_json(const Json& json, const std::string& field, LeaseStatus& out);
void read_json(const Json& json, const std::string& field, EndReason& out);
void read_json(const Json& json, const std::string& field, Credentials& out);

class JsonFields {
 public:
  // Refuses what is not an object. `json` must outlive this.
  JsonFields(const Json& json, std::string name);

  // A field that must be there.
  template <typename T>
  void required(std::string_view key, T& out) {
    if (const Json* value = find(key)) {
      read_json(*value, field(key), out);
    } else {
      missing(key);
    }
  }

  // A field that keeps its value in `out` when it is absent.
  template <typename T>
  void defaulted(std::string_view key, T& out) {
    if (const Json* value = find(key)) read_json(*value, field(key), out);
  }

  template <typename T>
  void optional(std::string_view key, std::optional<T>& out) {
    if (const Json* value = find(key)) read_json(*value, field(key), out.emplace());
  }

  // Call when every field has been asked for.
  void refuse_others() const;

 private:
  const Json* find(std::string_view key);
  [[noreturn]] void missing(std::string_view key) const;
  std::string field(std::string_view key) const;

  const Json& json_;
  const std::string name_;
  std::vector<std::string> asked_;
};

}  // namespace pharox::format
