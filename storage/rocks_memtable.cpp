#include "storage/rocks_memtable.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "storage/mutex.h"

namespace pharox::storage {
namespace {

using rocksdb::Slice;

class RisingRows final : public rocksdb::MemTableRep {
  using Row = const char*;

 public:
  RisingRows(const KeyComparator& compare, rocksdb::Allocator* allocator)
      : MemTableRep(allocator), compare_(compare) {}

  void Insert(rocksdb::KeyHandle handle) override {
    const Row row = static_cast<Row>(handle);
    const MutexLock lock(mutex_);
    if (chunks_.empty() || compare_(chunks_.back()->last(), row) < 0) return append(row);
    insert(place_of(row), row);
  }

  bool Contains(Row key) const override {
    const Reading reading(*this);
    const Place place = first_not_below([&](Row row) { return compare_(row, key) < 0; });
    return !is_end(place) && compare_(at(place), key) == 0;
  }

  void MarkReadOnly() override {
    const MutexLock lock(mutex_);
    read_only_ = true;
  }

  std::size_t ApproximateMemoryUsage() override { return bytes_; }

  // RocksDB's own, which looks with an iterator, but leaks it (in 7.8 at least).
  void Get(const rocksdb::LookupKey& key, void* arguments,
           bool (*callback)(void* arguments, Row entry)) override;
  Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;
  Iterator* GetIterator(rocksdb::Arena* arena) override;

 private:
  struct Chunk {
    static constexpr std::size_t kRows = 256;

    Row last() const { return rows[count - 1]; }

    std::size_t count = 0;
    std::array<Row, kRows> rows;
  };
  struct Place {
    std::size_t chunk = 0;
    std::size_t row = 0;
  };
  // Keeps rows from being put while something is read. None is any more when it is read-only.
  class PHAROX_SCOPED_CAPABILITY Reading {
   public:
    explicit Reading(const RisingRows& rows)
        PHAROX_ACQUIRE(rows.mutex_) PHAROX_NO_THREAD_SAFETY_ANALYSIS : mutex_(rows.mutex_),
                                                                       locks_(!rows.read_only_) {
      if (locks_) mutex_.lock();
    }
    ~Reading() PHAROX_RELEASE() PHAROX_NO_THREAD_SAFETY_ANALYSIS {
      if (locks_) mutex_.unlock();
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

   private:
    Mutex& mutex_;
    const bool locks_;
  };
  class Walk;

  void append(Row row) PHAROX_REQUIRES(mutex_) {
    if (chunks_.empty() || chunks_.back()->count == Chunk::kRows) add_chunk(chunks_.size());
    Chunk& chunk = *chunks_.back();
    chunk.rows[chunk.count++] = row;
  }

  void insert(Place place, Row row) PHAROX_REQUIRES(mutex_) {
    ++moves_;
    if (chunks_[place.chunk]->count == Chunk::kRows) place = split(place);
    Chunk& chunk = *chunks_[place.chunk];
    auto* const at = chunk.rows.data() + place.row;
    std::copy_backward(at, chunk.rows.data() + chunk.count, chunk.rows.data() + chunk.count + 1);
    *at = row;
    ++chunk.count;
    last_inserted_ = place;
  }

  // Moves the second half of a full chunk into a new one behind it. Where the place is then.
  Place split(Place place) PHAROX_REQUIRES(mutex_) {
    constexpr std::size_t kHalf = Chunk::kRows / 2;
    add_chunk(place.chunk + 1);
    Chunk& first = *chunks_[place.chunk];
    Chunk& second = *chunks_[place.chunk + 1];
    std::copy(first.rows.begin() + kHalf, first.rows.end(), second.rows.begin());
    first.count = second.count = kHalf;
    return place.row <= kHalf ? place : Place{place.chunk + 1, place.row - kHalf};
  }

  void add_chunk(std::size_t index) PHAROX_REQUIRES(mutex_) {
    chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(index), std::make_unique<Chunk>());
    bytes_ += sizeof(Chunk) + sizeof(chunks_[0]);
  }

  // Where a row belongs that is not the last.
  Place place_of(Row row) const PHAROX_REQUIRES(mutex_) {
    constexpr int kTries = 4;
    const auto is_below = [&](Row other) { return compare_(other, row) < 0; };
    Place place = last_inserted_;
    if (!is_end(place) && is_below(at(place))) {
      for (int tries = 0; tries < kTries; ++tries) {
        place = behind(place);
        if (is_end(place)) break;
        if (!is_below(at(place))) return place;
      }
    }
    return first_not_below(is_below);
  }

  // The place of the first row that `is_below` does not hold for; it holds for all before.
  template <class IsBelow>
  Place first_not_below(const IsBelow& is_below) const PHAROX_REQUIRES(mutex_) {
    const auto chunk = std::partition_point(
        chunks_.begin(), chunks_.end(), [&](const auto& each) { return is_below(each->last()); });
    Place place{static_cast<std::size_t>(chunk - chunks_.begin()), 0};
    if (chunk == chunks_.end()) return place;
    const Row* const rows = (*chunk)->rows.data();
    place.row = static_cast<std::size_t>(
        std::partition_point(rows, rows + (*chunk)->count, is_below) - rows);
    return place;
  }

  bool is_end(Place place) const PHAROX_REQUIRES(mutex_) { return place.chunk >= chunks_.size(); }
  Row at(Place place) const PHAROX_REQUIRES(mutex_) {
    return chunks_[place.chunk]->rows[place.row];
  }
  Place behind(Place place) const PHAROX_REQUIRES(mutex_) {
    if (++place.row < chunks_[place.chunk]->count) return place;
    return {place.chunk + 1, 0};
  }
  // `place` may be the end. Before the first is the end.
  Place before(Place place) const PHAROX_REQUIRES(mutex_) {
    if (place.row > 0) return {place.chunk, place.row - 1};
    if (place.chunk == 0) return {chunks_.size(), 0};
    return {place.chunk - 1, chunks_[place.chunk - 1]->count - 1};
  }

  const KeyComparator& compare_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Chunk>> chunks_ PHAROX_GUARDED_BY(mutex_);
  Place last_inserted_ PHAROX_GUARDED_BY(mutex_);  // between others
  std::uint64_t moves_ PHAROX_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> read_only_ = false;
  std::atomic<std::size_t> bytes_ = 0;
};

// Room for iterators that RocksDB destroys without deleting them, because it thinks them in one of
// its arenas, which are private to it. An iterator gives its room back while it is being destroyed,
// and is not gone until its thread has left the destructor: so only that thread takes it again, or,
// when it has too many, frees one of the others.
class Rooms {
 public:
  static Rooms& of_this_thread() {
    static thread_local Rooms rooms;
    return rooms;
  }

  void* take(std::size_t bytes) {
    for (auto& room : rooms_) {
      if (room != nullptr) return room.release();
    }
    return new std::byte[bytes];
  }
  void give_back(void* room) noexcept {
    rooms_[next_++ % rooms_.size()].reset(static_cast<std::byte*>(room));
  }

 private:
  std::array<std::unique_ptr<std::byte[]>, 16> rooms_;
  std::size_t next_ = 0;
};

class RisingRows::Walk final : public rocksdb::MemTableRep::Iterator {
 public:
  Walk(RisingRows& rows, bool has_room) : rows_(rows), has_room_(has_room) {}
  ~Walk() override {
    if (of_get == this) of_get = nullptr;
    if (has_room_) Rooms::of_this_thread().give_back(this);
  }

  // The one that Get() looks with, on this thread.
  static thread_local Walk* of_get;

  bool Valid() const override { return row_ != nullptr; }
  Row key() const override { return row_; }

  void Next() override {
    const Reading reading(rows_);
    go_to(rows_.behind(current()));
  }
  void Prev() override {
    const Reading reading(rows_);
    go_to(rows_.before(current()));
  }
  void Seek(const Slice& key, Row memtable_key) override {
    const Reading reading(rows_);
    go_to(first_not_below(key, memtable_key));
  }
  void SeekForPrev(const Slice& key, Row memtable_key) override {
    const Reading reading(rows_);
    const Place place = first_not_below(key, memtable_key);
    const bool is_it = !rows_.is_end(place) && compare(rows_.at(place), key, memtable_key) == 0;
    go_to(is_it ? place : rows_.before(place));
  }
  void SeekToFirst() override {
    const Reading reading(rows_);
    go_to({0, 0});
  }
  void SeekToLast() override {
    const Reading reading(rows_);
    go_to(rows_.before({rows_.chunks_.size(), 0}));
  }

 private:
  int compare(Row row, const Slice& key, Row memtable_key) const {
    return memtable_key != nullptr ? rows_.compare_(row, memtable_key) : rows_.compare_(row, key);
  }
  Place first_not_below(const Slice& key, Row memtable_key) const PHAROX_REQUIRES(rows_.mutex_) {
    return rows_.first_not_below([&](Row row) { return compare(row, key, memtable_key) < 0; });
  }
  // Where its row is now.
  Place current() const PHAROX_REQUIRES(rows_.mutex_) {
    if (moves_ == rows_.moves_) return place_;
    return rows_.first_not_below([&](Row row) { return rows_.compare_(row, row_) < 0; });
  }
  void go_to(Place place) PHAROX_REQUIRES(rows_.mutex_) {
    place_ = place;
    moves_ = rows_.moves_;
    row_ = rows_.is_end(place) ? nullptr : rows_.at(place);
  }

  RisingRows& rows_;
  const bool has_room_;
  Row row_ = nullptr;
  Place place_{};
  std::uint64_t moves_ = 0;
};

thread_local RisingRows::Walk* RisingRows::Walk::of_get = nullptr;

void RisingRows::Get(const rocksdb::LookupKey& key, void* arguments,
                     bool (*callback)(void* arguments, Row entry)) {
  MemTableRep::Get(key, arguments, callback);
  delete Walk::of_get;  // unless it is gone, and has said so
}

rocksdb::MemTableRep::Iterator* RisingRows::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
  if (arena != nullptr) return GetIterator(arena);
  return Walk::of_get = new Walk(*this, false);
}

rocksdb::MemTableRep::Iterator* RisingRows::GetIterator(rocksdb::Arena* arena) {
  if (arena == nullptr) return new Walk(*this, false);
  static_assert(alignof(Walk) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  return ::new (Rooms::of_this_thread().take(sizeof(Walk))) Walk(*this, true);
}

class RisingRowsFactory final : public rocksdb::MemTableRepFactory {
 public:
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& compare,
                                          rocksdb::Allocator* allocator,
                                          const rocksdb::SliceTransform*,
                                          rocksdb::Logger*) override {
    return new RisingRows(compare, allocator);
  }
  const char* Name() const override { return "pharox.RisingRows"; }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> memtable_of_rising_keys() {
  return std::make_shared<RisingRowsFactory>();
}

}  // namespace pharox::storage
