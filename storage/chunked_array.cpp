#include "storage/chunked_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace pharox::storage {

TableMemory allocate_table(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kLarge = std::size_t{1} << 20;
  alignment = bytes >= kLarge ? kPage : std::max(alignment, alignof(std::max_align_t));
  bytes = (bytes + alignment - 1) / alignment * alignment;
  TableMemory memory(std::aligned_alloc(alignment, bytes));
  if (!memory) throw std::bad_alloc();
#ifdef MADV_POPULATE_WRITE
  // Refused by old kernels: the pages then come one by one, as they are touched.
  if (bytes >= kLarge) ::madvise(memory.get(), bytes, MADV_POPULATE_WRITE);
#endif
  return memory;
}

}  // namespace pharox::storage
