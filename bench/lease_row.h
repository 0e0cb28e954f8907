// How many bytes is a lease on the disk? What a write of the same size costs without us is measured
// with this.
#pragma once

#include <string>

#include "bench/dataset.h"

namespace pharox::bench {

// What our store puts for a lease of this pool.
struct LeaseRow {
  std::string key;
  std::string value;
};
LeaseRow lease_row(const Dataset& dataset);

}  // namespace pharox::bench
