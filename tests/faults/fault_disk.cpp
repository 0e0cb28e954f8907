#include "tests/faults/fault_disk.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

FaultDisk::FaultDisk(fs::path root, std::uint64_t seed)
    : root_(std::move(root)), kept_(root_.string() + ".kept"), random_(seed) {
  fs::create_directories(kept_);
}

void FaultDisk::heal() {
  plan_ = {};
  space_.reset();
}

FaultDisk::Verdict FaultDisk::next_io(Io io, const std::string& path, std::uint64_t bytes) {
  ++ios_;
  if (io == Io::read) ++reads_;
  if (power_is_out_) return {Fault::power, 0};
  const bool takes_space = io == Io::write || io == Io::create;
  const bool flips = plan_.fault == Fault::flip;
  const bool strikes = plan_.fault != Fault::none && (flips ? reads_ : ios_) >= plan_.at &&
                       (plan_.sticky || !struck_) && (plan_.fault != Fault::full || takes_space) &&
                       (!flips || io == Io::read);
  if (strikes) {
    if (!std::exchange(struck_, true)) struck_file_ = path;
    if (flips) return {.fault = Fault::flip, .bit = random_()};
    power_is_out_ = plan_.fault == Fault::power;
    return {plan_.fault, plan_.fault == Fault::error ? 0 : bytes / 2};
  }
  if (space_ && takes_space && bytes >= *space_) {
    if (!std::exchange(struck_, true)) struck_file_ = path;
    return {Fault::full, std::exchange(*space_, 0)};
  }
  if (space_ && io == Io::write) *space_ -= bytes;
  if (io == Io::write) bytes_ += bytes;
  return {};
}

std::string FaultDisk::keep(const std::string& path) {
  const std::string kept = (kept_ / std::to_string(++kept_count_)).string();
  fs::rename(path, kept);
  move_entry(path, kept);
  return kept;
}

void FaultDisk::move_entry(const std::string& from, const std::string& to) {
  if (auto entry = files_.extract(from)) {
    entry.key() = to;
    files_.erase(to);
    files_.insert(std::move(entry));
  }
}

void FaultDisk::make_way(const std::string& path) {
  if (fs::exists(path)) remove(path);
}

OpenFilePointer FaultDisk::created(const std::string& path) {
  unsynced_names_[folder_of(path)].push_back({.from = {}, .to = path, .kept = {}});
  return files_[path] = std::make_shared<OpenFile>();
}

OpenFilePointer FaultDisk::opened(const std::string& path) {
  OpenFilePointer& file = files_[path];
  if (!file) {
    const std::uint64_t size = fs::file_size(path);
    file = std::make_shared<OpenFile>(OpenFile{.size = size, .durable = size, .synced_image = {}});
  }
  return file;
}

void FaultDisk::remove(const std::string& path) {
  unsynced_names_[folder_of(path)].push_back({.from = path, .to = {}, .kept = keep(path)});
}

void FaultDisk::rename(const std::string& from, const std::string& to) {
  const std::string kept = fs::exists(to) ? keep(to) : "";
  fs::rename(from, to);
  move_entry(from, to);
  unsynced_names_[folder_of(to)].push_back({from, to, kept});
}

void FaultDisk::synced_folder(const std::string& path) {
  const auto changes = unsynced_names_.extract(path);
  if (!changes) return;
  for (const NameChange& change : changes.mapped()) {
    if (change.kept.empty()) continue;
    fs::remove(change.kept);
    files_.erase(change.kept);
  }
}

void FaultDisk::undo(const NameChange& change) {
  if (change.from.empty()) {
    fs::remove(change.to);
    files_.erase(change.to);
    return;
  }
  if (!change.to.empty()) {
    fs::rename(change.to, change.from);
    move_entry(change.to, change.from);
  }
  if (change.kept.empty()) return;
  const std::string& name = change.to.empty() ? change.from : change.to;
  fs::rename(change.kept, name);
  move_entry(change.kept, name);
}

void FaultDisk::lose_bytes(const std::string& path, const OpenFile& file) {
  if (file.synced_image) {
    std::string bytes = bytes_of(path);
    std::string left = *file.synced_image;
    const std::size_t place = random_() % (std::max(bytes.size(), left.size()) + 1);
    left = random_() % 2 == 0 ? bytes.substr(0, std::min(place, bytes.size())) +
                                    left.substr(std::min(place, left.size()))
                              : left.substr(0, std::min(place, left.size())) +
                                    bytes.substr(std::min(place, bytes.size()));
    write_bytes(path, left);
    return;
  }
  const std::uint64_t unsynced = file.size - file.durable;
  if (unsynced == 0) return;
  const std::uint64_t way = random_() % 5;
  if (way == 0) return;
  const bool is_manifest = path.find("MANIFEST") != std::string::npos;
  const bool ends_whole = way == 1 || (way == 3 && is_manifest);
  const std::uint64_t left = ends_whole ? 0 : random_() % (unsynced + 1);
  fs::resize_file(path, file.durable + left);
  if (way == 2) return;
  // Blocks that were allocated and not written, or written with something else.
  const std::uint64_t torn = random_() % (unsynced - left + 1);
  if (way == 3) {
    fs::resize_file(path, file.durable + left + torn);
  } else if (way == 4 && !is_manifest) {
    std::string garbage(torn, '\0');
    for (char& byte : garbage) byte = static_cast<char>(random_());
    std::ofstream(path, std::ios::binary | std::ios::app) << garbage;
  }
}

void FaultDisk::power_loss() {
  heal();
  for (auto& [folder, changes] : unsynced_names_) {
    // All, none, or any number of them.
    const std::uint64_t way = random_() % 3;
    std::size_t left = way == 0 ? changes.size() : way == 1 ? 0 : random_() % (changes.size() + 1);
    for (; changes.size() > left; changes.pop_back()) undo(changes.back());
  }
  unsynced_names_.clear();
  for (const auto& [path, file] : files_) {
    if (fs::exists(path)) lose_bytes(path, *file);
  }
  files_.clear();
  for (const auto& entry : fs::directory_iterator(kept_)) fs::remove(entry);
  power_is_out_ = false;
  holds_syncs_ = false;
}

}  // namespace pharox::tests
