// A small store with rows of every table in table files and in the log, its copies at three
// moments, and what can be done to the files of a copy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"

namespace pharox::tests {

// What a change to the bytes of one file is called, and the change; it returns false when it would
// change nothing.
struct Damage {
  enum class Kind { flipped, truncated, emptied, deleted, older };
  Kind kind;
  std::filesystem::path file;  // within the store's folder
  std::uint64_t place = 0;     // of a flip: the byte; of a truncation: the new size
  std::uint8_t mask = 0;       // of a flip

  std::string text() const;
};

const char* to_string(Damage::Kind kind);

class SampleStore {
 public:
  SampleStore();

  // As it was left by a close, by a kill once the witness had followed, and by a kill some changes
  // before.
  std::filesystem::path closed() const { return folder_.path() / "closed"; }
  std::filesystem::path killed() const { return folder_.path() / "killed"; }
  std::filesystem::path older() const { return folder_.path() / "older"; }

  // Every `stride`-th byte of each file flipped, beginning with one that `seed` chooses, and each
  // file shortened, emptied, deleted, and put back from the older copy.
  std::vector<Damage> damages(const std::filesystem::path& copy, std::uint64_t stride,
                              std::uint64_t seed) const;

  // A fresh copy of `copy` with the damage.
  void make(const std::filesystem::path& copy, const Damage& damage,
            const std::filesystem::path& store) const;

 private:
  TempFolder folder_{memory_folder()};
};

// Everything that callers can see of a store, as text, and the token that it would hand out next.
// Throws what the store throws.
struct StoreContents {
  std::string records;
  std::uint64_t next_token = 0;
};
StoreContents contents_of(const std::filesystem::path& store);

}  // namespace pharox::tests
