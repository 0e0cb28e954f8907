// A store on disk whose proxies are all leased, half of the leases due: as it is after a restart of
// the machine. For the rows and the tests of opening.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "bench/dataset.h"

namespace pharox::bench {

class OpeningStore {
 public:
  // A store of these proxies, each with one lease, in a folder of its own. Throws StorageError.
  explicit OpeningStore(const Dataset& dataset);
  ~OpeningStore();
  OpeningStore(const OpeningStore&) = delete;
  OpeningStore& operator=(const OpeningStore&) = delete;

  // How its last process left it.
  enum class Left { closed, open };

  std::filesystem::path folder(Left left) const;

  // Removes the copy that was taken before, and makes a new one: opening a store changes it.
  std::filesystem::path fresh_copy(Left left);

 private:
  const std::filesystem::path parent_;
};

// Walks the rows that opening reads and looks into none: what RocksDB alone takes. Their number.
std::uint64_t scan_rows(const std::filesystem::path& store);

}  // namespace pharox::bench
