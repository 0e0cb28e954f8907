#include "storage/chunked_array.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <new>

namespace pharox::storage {

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kLarge = std::size_t{1} << 20;

}  // namespace

void populate([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  if (bytes < kLarge) return;
  const std::size_t into_page = reinterpret_cast<std::uintptr_t>(memory) % kPage;
  const std::size_t skipped = into_page == 0 ? 0 : kPage - into_page;
  // Refused by old kernels: the pages then come one by one, as they are touched.
  ::madvise(static_cast<char*>(memory) + skipped, bytes - skipped, MADV_POPULATE_WRITE);
#endif
}

TableMemory allocate_table(std::size_t bytes, std::size_t alignment) {
  alignment = bytes >= kLarge ? kPage : std::max(alignment, alignof(std::max_align_t));
  bytes = (bytes + alignment - 1) / alignment * alignment;
  TableMemory memory(std::aligned_alloc(alignment, bytes));
  if (!memory) throw std::bad_alloc();
  populate(memory.get(), bytes);
  return memory;
}

}  // namespace pharox::storage
