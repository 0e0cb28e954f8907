#include "tests/fuzz/fuzz_target.h"

#include <array>

namespace pharox::tests {

std::span<const FuzzTarget> fuzz_targets() {
  static constexpr std::array<FuzzTarget, 6> kTargets{{
      {"records", fuzz_records, record_seeds},
      {"import", fuzz_import, import_seeds},
      {"dump", fuzz_dump, dump_seeds},
      {"store", fuzz_store, store_seeds},
      {"filters", fuzz_filters, filter_seeds},
      {"arguments", fuzz_arguments, argument_seeds},
  }};
  return kTargets;
}

}  // namespace pharox::tests
