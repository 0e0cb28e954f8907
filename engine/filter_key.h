// Filters as a key: which two ask for the same, so that what was found for one serves the other.
#pragma once

#include <cstddef>

#include "pharox/filters.h"

namespace pharox::engine {

// Whether there is anything to match at all.
bool has_conditions(const ProxyFilters& filters);

// Whether a predicate is asked anywhere in them.
bool has_predicate(const ProxyFilters& filters);

// The filters without their predicates, weakened where need be: whoever matches `filters` matches
// these. (A clause of none_of that asks a predicate excludes nobody for sure, so it goes.)
ProxyFilters without_predicates(const ProxyFilters& filters);

// Of everything but predicates. Equal filters have equal hashes.
std::size_t hash_of(const ProxyFilters& filters);
bool same_conditions(const ProxyFilters& a, const ProxyFilters& b);

}  // namespace pharox::engine
