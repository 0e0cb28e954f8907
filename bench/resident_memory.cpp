#include "bench/resident_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace pharox::bench {

std::int64_t resident_bytes() {
  std::int64_t mapped = 0;
  std::int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> mapped >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

std::int64_t resident_bytes_in_use() {
  malloc_trim(0);
  return resident_bytes();
}

}  // namespace pharox::bench
