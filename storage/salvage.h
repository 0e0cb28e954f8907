// The rows of a store as far as they can be read, whatever its files are like.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/recovery.h"

namespace pharox::storage {

// Rows come as they are stored: the seal of each says whether it is whole.
class SalvageReader : public RowSource {
 public:
  // `copy` is a copy of a store's folder, or of what is left of it, that nobody needs afterwards:
  // its files are rewritten. Throws StorageError when not even an empty database can be made of it.
  static std::unique_ptr<SalvageReader> open(const std::filesystem::path& copy);

  // As RowSource::visit, but goes on behind what cannot be read.
  void visit(format::Table table, std::string_view from, const RowVisitor& visit) override = 0;

  virtual std::optional<std::string> find(format::Table table, std::string_view key) = 0;

  // What could not be read so far, a line each.
  virtual const std::vector<std::string>& unreadable() const = 0;
};

// What the witness of a store says is missing, without opening it. Writes nothing.
std::vector<std::string> known_losses(const std::filesystem::path& store);

}  // namespace pharox::storage
