// An array that grows without moving what it holds: a chunk at a time. Elements keep their
// addresses, and no single growth costs more than a chunk.
//
// Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace pharox::storage {

struct FreeTable {
  void operator()(void* memory) const { std::free(memory); }
};
using TableMemory = std::unique_ptr<void, FreeTable>;

// Asks for the pages of a large block that is about to be filled, keeping what is in it: each that
// is touched for the first time interrupts the program (measured on a virtual machine: 11.5 us a
// page, and 4.7 us when they were asked for before; huge pages fill faster still, but made reads at
// random wait for up to 70 us there).
void populate(void* memory, std::size_t bytes);

// Memory for a table, populated. Throws std::bad_alloc.
TableMemory allocate_table(std::size_t bytes, std::size_t alignment);

// The addresses of the chunks should be in the cache, also those of a million elements: so a chunk
// is as large as pays while what nobody has touched yet takes no memory.
template <class Element,
          std::size_t kChunk = std::bit_floor(std::size_t{1 << 16} / sizeof(Element))>
class ChunkedArray {
  static_assert((kChunk & (kChunk - 1)) == 0, "a power of two: finding an element is a shift");

 public:
  ChunkedArray() = default;
  ~ChunkedArray() { clear(); }
  ChunkedArray(ChunkedArray&& other) noexcept { swap(other); }
  ChunkedArray& operator=(ChunkedArray&& other) noexcept {
    swap(other);
    return *this;
  }

  Element& operator[](std::size_t at) { return chunks_[at / kChunk][at % kChunk]; }
  const Element& operator[](std::size_t at) const { return chunks_[at / kChunk][at % kChunk]; }
  std::size_t size() const { return size_; }

  // Adds an element as its default constructor makes it.
  Element& grow() {
    if (size_ == capacity()) add_chunks(1);
    return *std::construct_at(&(*this)[size_++]);
  }

  // Makes room for so many, in one block.
  void reserve(std::size_t size) {
    if (size > capacity()) add_chunks((size - capacity() + kChunk - 1) / kChunk);
  }

  // Keeps its memory.
  void clear() {
    while (size_ > 0) std::destroy_at(&(*this)[--size_]);
  }

 private:
  std::size_t capacity() const { return chunks_.size() * kChunk; }

  void add_chunks(std::size_t count) {
    blocks_.push_back(allocate_table(count * kChunk * sizeof(Element), alignof(Element)));
    auto* const first = static_cast<Element*>(blocks_.back().get());
    for (std::size_t i = 0; i < count; ++i) chunks_.push_back(first + i * kChunk);
  }

  void swap(ChunkedArray& other) noexcept {
    std::swap(chunks_, other.chunks_);
    std::swap(blocks_, other.blocks_);
    std::swap(size_, other.size_);
  }

  std::vector<Element*> chunks_;
  std::vector<TableMemory> blocks_;
  std::size_t size_ = 0;
};

}  // namespace pharox::storage
