// What a call came to, a value or an error by its type, and how two of them are compared.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <variant>

#include "format/json_text.h"
#include "tests/model/session.h"

namespace pharox::tests {

template <class Value>
struct Outcome {
  std::optional<Value> value;
  std::string error;  // the name of its type; empty when there is a value

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Call>
auto outcome_of(Call call) {
  using Result = std::invoke_result_t<Call>;
  using Value = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;
  try {
    if constexpr (std::is_void_v<Result>) {
      call();
      return Outcome<Value>{std::monostate{}, {}};
    } else {
      return Outcome<Value>{call(), {}};
    }
  } catch (const PharoxError& error) {
    return Outcome<Value>{{}, typeid(error).name()};
  } catch (const Refusal&) {
    return Outcome<Value>{{}, "Refusal"};
  }
}

inline std::string shown(std::monostate) { return "done"; }
inline std::string shown(bool value) { return value ? "true" : "false"; }
inline std::string shown(std::size_t value) { return std::to_string(value); }
inline std::string shown(const std::string& text) { return text; }
inline std::string shown(const Uuid& id) { return id.to_string(); }
inline std::string shown(const Proxy& proxy) {
  return format::to_json(proxy, format::Secrets::show).dump() + " with " +
         std::to_string(proxy.current_leases) + " leases";
}
template <class Record>
requires requires(const Record& record) { format::to_json(record); }
std::string shown(const Record& record) { return format::to_json(record).dump(); }
template <class Value>
std::string shown(const std::optional<Value>& value) {
  return value ? shown(*value) : "none";
}
template <class Value>
std::string shown(const std::vector<Value>& values) {
  std::string text = std::to_string(values.size()) + " of them";
  for (const Value& value : values) text += "\n    " + shown(value);
  return text;
}
template <class Value>
std::string shown(const Outcome<Value>& outcome) {
  return outcome.value ? shown(*outcome.value) : "error " + outcome.error;
}

template <class Value>
void expect_equal(const std::string& what, const Value& storage, const Value& model) {
  if (storage == model) return;
  throw Mismatch(what + "\n  storage: " + shown(storage) + "\n  model:   " + shown(model));
}

inline void expect(bool holds, const std::string& what) {
  if (!holds) throw Mismatch(what);
}

}  // namespace pharox::tests
