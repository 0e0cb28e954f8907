// The read-only view of a store, as a RocksDB secondary instance: it reads the files of whoever has
// the store open, without a word between the two.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "storage/rocks_database.h"

namespace pharox::storage {

// A folder of its own outside the store, for what RocksDB wants to write; removed in the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class RocksReader final : public StoreReader {
 public:
  RocksReader(const std::filesystem::path& folder, bool accept_loss);

  void visit(format::Table table, std::string_view from, const RowVisitor& visit) override;
  std::optional<std::string> last_key(format::Table table) override;
  std::size_t estimated_rows(format::Table table) override {
    return database_->estimated_rows(table);
  }
  std::optional<std::string> find(format::Table table, std::string_view key) override;
  Timestamp taken_at() const override { return taken_at_; }
  std::uint64_t sequence() const override { return database_->sequence(); }
  void copy_to(const std::filesystem::path& folder) override;
  std::optional<std::string> holder() const override;
  const Losses& losses() const override { return losses_; }
  std::vector<std::string> verify_files() override;

 private:
  void take_view(bool accept_loss);

  const std::filesystem::path folder_;
  const ScratchFolder scratch_;
  std::unique_ptr<RocksDatabase> database_;
  std::string files_stamp_;  // of the files that are shown
  Timestamp taken_at_;
  Losses losses_;
};

}  // namespace pharox::storage
