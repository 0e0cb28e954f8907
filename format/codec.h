// The bytes of records: FlatBuffers (records.fbs), each with a file identifier and a checksum.
//
// A value is the FlatBuffers buffer followed by the CRC-32C of the key and the buffer (4 bytes,
// little-endian), so that a row that was damaged or moved to another key is seen even where every
// single field looks plausible.
//
// encode_* require a record that passes validate(). decode_* trust nothing: they check the
// checksum, verify the buffer before reading it, then check every field with the rules of
// validate(), and that the key is the record's own. Whatever is wrong gives CorruptionError naming
// the table, the key and the reason.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "format/stored_lease.h"
#include "pharox/consumer.h"
#include "pharox/health.h"
#include "pharox/lease.h"
#include "pharox/pool.h"
#include "pharox/proxy.h"

namespace pharox::format {

// The greatest number of an end, half of what there is: sums stay far from overflow.
constexpr std::uint64_t kMaxEndNumber = std::numeric_limits<std::uint64_t>::max() / 2;

// A lease has one row, from its beginning until the history forgets it.
struct LeaseRow {
  StoredLease stored{};
  // Where it stands in the order in which leases ended, counted from 1; 0: it has not ended.
  std::uint64_t end_number = 0;

  bool ended() const { return end_number != 0; }
  friend bool operator==(const LeaseRow&, const LeaseRow&) = default;
};

// The moment at which a boot of the machine first had to end leases of an earlier one: how far the
// wall clock and the clock that counts from boot were apart then. Every opening in that boot moves
// such leases by this same moment, whatever happens to the wall clock meanwhile.
struct BootAnchor {
  Uuid boot_id{};
  Timestamp wall{};
  Duration since_boot{};

  friend bool operator==(const BootAnchor&, const BootAnchor&) = default;
};

std::string encode(const ProxyPool& pool);
std::string encode(const Consumer& consumer);
std::string encode(const Proxy& proxy);
// Requires an `end_number` exactly where the lease has ended.
std::string encode(const StoredLease& lease, std::uint64_t end_number = 0);
// The same, until this thread encodes another lease: for many one after the other.
std::string_view encode_in_place(const StoredLease& lease, std::uint64_t end_number);
std::string encode(const HealthCheckResult& result);

ProxyPool decode_pool(std::string_view key, std::string_view value);
Consumer decode_consumer(std::string_view key, std::string_view value);
Proxy decode_proxy(std::string_view key, std::string_view value);
LeaseRow decode_lease(std::string_view key, std::string_view value);
// Whether a lease's row is undamaged, and its end has a number below this one. Cheap where it has
// not.
bool ended_before(std::uint64_t number, std::string_view key, std::string_view value) noexcept;
HealthCheckResult decode_health(std::string_view key, std::string_view value);

// The same into a record that is there already, whose texts keep their memory: for many rows one
// after the other. After a failure it may hold anything.
void decode_proxy_into(std::string_view key, std::string_view value, Proxy& proxy);
void decode_lease_into(std::string_view key, std::string_view value, LeaseRow& row);

// Values of the table `meta`.
std::string encode_number(std::string_view key, std::uint64_t number);
std::uint64_t decode_number(std::string_view key, std::string_view value);
std::string encode_cursor(const Uuid& pool_id, const Uuid& last_chosen);
Uuid decode_cursor(std::string_view key, std::string_view value);
std::string encode(const BootAnchor& anchor);
BootAnchor decode_boot_anchor(std::string_view key, std::string_view value);

}  // namespace pharox::format
