// The kinds of records that a dump shows, in the order in which it shows them: what a record
// refers to comes before it.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace pharox::tools {

enum class RecordKind { pools, consumers, proxies, leases, history, health, cursors };

constexpr std::array<std::pair<RecordKind, std::string_view>, 7> kRecordKinds{{
    {RecordKind::pools, "pools"},
    {RecordKind::consumers, "consumers"},
    {RecordKind::proxies, "proxies"},
    {RecordKind::leases, "leases"},
    {RecordKind::history, "history"},
    {RecordKind::health, "health"},
    {RecordKind::cursors, "cursors"},
}};

constexpr std::optional<RecordKind> parse_record_kind(std::string_view text) {
  for (const auto& [kind, name] : kRecordKinds) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

}  // namespace pharox::tools
