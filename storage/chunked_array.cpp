#include "storage/chunked_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace pharox::storage {

TableMemory allocate_table(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  // Of a block of two huge pages at most a third is rounding.
  const bool is_huge = bytes >= 2 * kHugePage;
  alignment = is_huge ? kHugePage : std::max(alignment, alignof(std::max_align_t));
  bytes = (bytes + alignment - 1) / alignment * alignment;
  TableMemory memory(std::aligned_alloc(alignment, bytes));
  if (!memory) throw std::bad_alloc();
  // Without huge pages it is as good, only slower.
  if (is_huge) ::madvise(memory.get(), bytes, MADV_HUGEPAGE);
  return memory;
}

}  // namespace pharox::storage
