// The pool that is measured: filled from a store, a list or nothing, and leased as far as asked
// for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "pharox/lease_storage.h"
#include "tools/import/row_reader.h"
#include "tools/store_view.h"

namespace pharox::tools {

// Called every few ten thousand proxies; may throw.
using Checkpoint = std::function<void()>;

// Each puts a pool with its proxies, without leases, into an empty storage. Returns its name.
std::string copy_pool(StoreView& view, const ProxyPool& pool, LeaseStorage& into,
                      const Checkpoint& checkpoint);
std::string read_list(const std::string& file, std::optional<ListFormat> format, LeaseStorage& into,
                      const Checkpoint& checkpoint);
// Always the same ones for a number: see kMadeUp.
std::string make_up_pool(std::uint64_t proxies, LeaseStorage& into, const Checkpoint& checkpoint);

// What filters can ask of the proxies that are made up.
constexpr const char* kMadeUp =
    "Proxies that are made up have a --country of US, DE, GB, FR, NL, JP, BR, IN, PL, SG (each\n"
    "about half as frequent as the one before), a --source from source-1 to source-5, a --city "
    "from\n"
    "city-1 to city-500, an --isp from isp-1 to isp-40, an --asn from 64512 to 64711, a place\n"
    "anywhere on the globe, and a limit of one lease.";

// Leases that share of the proxies to their limit, evenly over the pool. For that their limit
// becomes 1, which no choice can tell from any other limit that is reached.
void occupy(LeaseStorage& storage, const std::string& pool, double percent,
            const Checkpoint& checkpoint);

std::uint64_t count_matching(LeaseStorage& storage, const std::string& pool,
                             const ProxyFilters& filters);

}  // namespace pharox::tools
