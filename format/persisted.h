// Every name and number that is written to disk, in one place. NEVER rename or renumber: stores
// outlive programs. The enums ProxyProtocol, ProxyStatus, LeaseStatus and EndReason in
// <pharox/...> and the field order of records.fbs are persisted too.
//
// Version history of the format:
//   1  (0.1.0)  the first one
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pharox::format {

constexpr std::uint32_t kFormatVersion = 1;

// The tables of a store. Each is a RocksDB column family of the name beside it.
enum class Table : std::uint8_t {
  meta,       // format version, round-robin cursors, token mark, boot anchor, history's begin
  pools,      // pool id -> pool
  consumers,  // consumer id -> consumer
  proxies,    // proxy id -> proxy
  leases,     // lease id -> lease, active or ended
  health,     // proxy id -> last health check result
};

struct TableName {
  Table table;
  std::string_view name;
};

constexpr std::array<TableName, 6> kTables{{
    {Table::meta, "meta"},
    {Table::pools, "pools"},
    {Table::consumers, "consumers"},
    {Table::proxies, "proxies"},
    {Table::leases, "leases"},
    {Table::health, "health"},
}};

constexpr std::string_view table_name(Table table) {
  return kTables[static_cast<std::size_t>(table)].name;
}

// Keys of the table `meta`. The cursor of a pool is kCursorPrefix followed by the pool's id.
constexpr std::string_view kFormatVersionKey = "format_version";
constexpr std::string_view kTokenMarkKey = "token_mark";
constexpr std::string_view kBootAnchorKey = "boot_anchor";
constexpr std::string_view kHistoryFirstKey = "history_first";
constexpr std::string_view kCursorPrefix = "cursor/";

// FlatBuffers file identifiers: the first check that bytes are the record they claim to be.
constexpr const char* kPoolIdentifier = "PHPL";
constexpr const char* kConsumerIdentifier = "PHCO";
constexpr const char* kProxyIdentifier = "PHPX";
constexpr const char* kLeaseIdentifier = "PHLS";
constexpr const char* kHealthIdentifier = "PHHC";

}  // namespace pharox::format
