#include "tools/leasing_options.h"

#include <optional>
#include <string_view>

#include "pharox/errors.h"

namespace pharox::tools {

namespace {

std::optional<Durability> parse_durability(std::string_view text) {
  if (text == "sync") return Durability::sync;
  if (text == "process") return Durability::process;
  return std::nullopt;
}

}  // namespace

void add_filter_options(CLI::App& command, ProxyFilters& filters) {
  constexpr const char* kGroup = "Filters, of which all must match";
  const auto add = [&](const char* name, auto& into, const char* about) {
    command.add_option(name, into, about)->group(kGroup);
  };
  add("--country", filters.country, "Country, as the proxies have it");
  add("--source", filters.source, "Source");
  add("--city", filters.city, "City");
  add("--isp", filters.isp, "Provider's name");
  add("--asn", filters.asn, "Number of the autonomous system");
  add("--lat", filters.latitude, "Latitude in degrees; needs --lon");
  add("--lon", filters.longitude, "Longitude in degrees; needs --lat");
  add("--radius-km", filters.radius_km, "At most so far from there; without it, exactly there");
}

CLI::Option* add_durability_option(CLI::App& command, Durability& durability) {
  return add_parsed(command, "--durability", durability, parse_durability,
                    "What each lease survives: sync (default: power loss) or process (kill -9)");
}

void require_sound(const ProxyFilters& filters) {
  try {
    validate(filters);
  } catch (const InvalidArgumentError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace pharox::tools
