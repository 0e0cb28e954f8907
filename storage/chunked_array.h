// An array that grows without moving what it holds: a chunk at a time. Elements keep their
// addresses, and no single growth costs more than a chunk.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace pharox::storage {

template <class Element, std::size_t kChunk = 64>
class ChunkedArray {
  static_assert((kChunk & (kChunk - 1)) == 0,
                "a power of two, so that finding an element is a shift");

 public:
  Element& operator[](std::size_t at) { return chunks_[at / kChunk][at % kChunk]; }
  const Element& operator[](std::size_t at) const { return chunks_[at / kChunk][at % kChunk]; }
  std::size_t size() const { return size_; }

  // Adds an element as its default constructor makes it.
  Element& grow() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Element[]>(kChunk));
    return (*this)[size_++];
  }

 private:
  std::vector<std::unique_ptr<Element[]>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace pharox::storage
