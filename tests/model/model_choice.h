// How a proxy is chosen, the naive way: look at every proxy, sort the whole list. Written from the
// contract alone, with nothing of the library but its record types.
#pragma once

#include <optional>
#include <vector>

#include "pharox/filters.h"
#include "pharox/proxy.h"

namespace pharox::tests {

// On the unit sphere, by the angle between two vectors: another formula than the library's, so that
// an error in one is not repeated in the other. They differ by less than a millimetre.
double sphere_distance_km(double latitude_a, double longitude_a, double latitude_b,
                          double longitude_b);

// Everything but the predicate of the outermost filters.
bool matches_naively(const ProxyFilters& filters, const Proxy& proxy);

// Whether the selector's order has `a` before `b`. `cursor` is the id last chosen by round robin.
bool goes_before(SelectorStrategy selector, const Uuid& cursor, const Proxy& a, const Proxy& b);

// Chooses among proxies that are available, asking the outermost predicate last and in order.
std::optional<Proxy> choose_naively(std::vector<Proxy> available, const ProxyFilters& filters,
                                    SelectorStrategy selector, const Uuid& cursor);

}  // namespace pharox::tests
