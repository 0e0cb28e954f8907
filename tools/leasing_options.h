// The options that commands which lease have in common: what a proxy must be like, and what a lease
// survives.
#pragma once

#include "pharox/durability.h"
#include "pharox/filters.h"
#include "tools/commands.h"

namespace pharox::tools {

// Everything that they set must outlive the command.
void add_filter_options(CLI::App& command, ProxyFilters& filters);
CLI::Option* add_durability_option(CLI::App& command, Durability& durability);

// Throws UsageError when the filters as a whole make no sense.
void require_sound(const ProxyFilters& filters);

}  // namespace pharox::tools
