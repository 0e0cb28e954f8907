#include "storage/rocks_losses.h"

#include <algorithm>
#include <utility>

#include "pharox/errors.h"
#include "storage/rocks_log_scan.h"
#include "storage/rocks_status.h"
#include "storage/store_folder.h"

namespace pharox::storage {
namespace {

namespace fs = std::filesystem;

// Manifests are numbered as they are begun: a longer name has the greater number.
bool is_older(const std::string& manifest, const std::string& than) {
  return manifest.size() != than.size() ? manifest.size() < than.size() : manifest < than;
}

std::string counted(std::uint64_t changes) {
  return std::to_string(changes) + (changes == 1 ? " row change is" : " row changes are");
}

}  // namespace

LossCheck::LossCheck(rocksdb::FileSystem& files, const fs::path& folder, bool is_live)
    : files_(files), folder_(folder), is_live_(is_live) {
  try {
    witness_ = read_witness(files_, folder_);  // first of all: what is read later only has more
  } catch (const CorruptionError& error) {
    witness_damaged_ = true;
    losses_.findings.emplace_back(error.what());
  }
  try {
    if (witness_) check_manifest();
  } catch (const CorruptionError& error) {
    losses_.findings.emplace_back(error.what());
  }
  check_logs();
}

void LossCheck::check_manifest() {
  const std::string name = current_manifest(files_, folder_);
  const fs::path path = database_folder(folder_) / name;
  if (name != witness_->manifest) {
    if (is_older(name, witness_->manifest)) {
      found(database_folder(folder_) / "CURRENT",
            "names " + name + ", though the store had come to " + witness_->manifest, 0);
    }
    return;
  }
  std::uint64_t size = 0;
  check(files_.GetFileSize(path.string(), {}, &size, nullptr), "read", path);
  Witness seen;
  observe_manifest(files_, folder_, name, witness_->manifest_size, seen);
  if (seen.manifest_size < witness_->manifest_size) {
    found(path,
          "has lost its end: it has " + std::to_string(size) + " bytes and had " +
              std::to_string(witness_->manifest_size),
          0);
  } else if (seen.manifest_checksum != witness_->manifest_checksum) {
    found(path, "is damaged", 0);
  }
  unchanged_ = size == witness_->manifest_size;
}

void LossCheck::check_logs() {
  const auto numbers = log_numbers(files_, folder_, witness_ ? witness_->min_log : 0);
  // Beside a writer the view's own replay does it: logs come, grow and go while they are read.
  if (!is_live_) {
    for (const std::uint64_t number : numbers) check_log(number);
    judge_end();
  }
  if (!witness_ || !unchanged_) return;
  for (const Witness::Log& listed : witness_->logs) {
    if (!std::binary_search(numbers.begin(), numbers.end(), listed.number)) {
      found(log_file(folder_, listed.number), "is missing", listed.first);
    }
  }
  if (losses_.empty() && expected_ != 0 && expected_ <= witness_->sequence) {
    found(log_file(folder_, numbers.back()), "has lost its end", expected_);
  }
}

void LossCheck::check_log(std::uint64_t number) {
  const fs::path path = log_file(folder_, number);
  const LogScan scan = scan_log(files_, path);
  if (!witness_) {
    // The witness is written before the first row is.
    if (scan.first != 0 && losses_.empty()) found(witness_file(folder_), "is missing", 0);
    return;
  }
  const std::uint64_t listed = unchanged_ ? listed_first(number) : 0;
  const std::uint64_t begin = expected_ != 0 ? expected_ : listed;
  const std::uint64_t next = scan.first != 0 ? scan.next : begin;
  if (scan.first != 0) {
    if (end_ && scan.first == end_->next) end_.reset();
    judge_end();
  }
  if (unchanged_ && begin != 0 && scan.first != 0 && scan.first != begin &&
      (begin <= witness_->sequence || witness_->every_commit_synced)) {
    found(
        path,
        "begins with change " + std::to_string(scan.first) + " instead of " + std::to_string(begin),
        begin);
  }
  const bool is_emptied = listed != 0 && scan.first == 0;
  if (!end_ && (scan.stops_at || is_emptied)) {
    end_ = {path, is_emptied ? std::nullopt : scan.stops_at, next, scan.resumes};
  }
  if (next != 0) expected_ = next;
}

void LossCheck::judge_end() {
  if (!end_ || !witness_) return;
  const auto [path, offset, next, resumes] = *std::exchange(end_, std::nullopt);
  const bool lost = next != 0 && next <= witness_->sequence;
  if (!lost && (resumes == 0 || !witness_->every_commit_synced)) return;
  found(path, offset ? "is damaged at byte " + std::to_string(*offset) : "has lost all its changes",
        next);
  if (resumes > next && next != 0) {
    losses_.missing_changes = std::max(losses_.missing_changes, resumes - next);
  }
}

std::uint64_t LossCheck::listed_first(std::uint64_t number) const {
  for (const Witness::Log& log : witness_->logs) {
    if (log.number == number) return log.first;
  }
  return 0;
}

void LossCheck::found(const fs::path& file, const std::string& what, std::uint64_t missing_from) {
  losses_.findings.push_back("the file " + file.string() + " " + what);
  if (witness_ && missing_from != 0 && missing_from <= witness_->sequence) {
    losses_.missing_changes =
        std::max(losses_.missing_changes, witness_->sequence - missing_from + 1);
  }
}

void LossCheck::take_opened(bool has_format, std::uint64_t sequence) {
  if (witness_ && sequence < witness_->sequence) {
    if (losses_.missing_changes < witness_->sequence - sequence) {
      losses_.missing_changes = witness_->sequence - sequence;
    }
    losses_.findings.push_back("the database in " + database_folder(folder_).string() +
                               " ends with change " + std::to_string(sequence) +
                               ", though the store had come to change " +
                               std::to_string(witness_->sequence));
  } else if (!witness_ && !witness_damaged_ && has_format && losses_.empty()) {
    found(witness_file(folder_), "is missing", 0);
  }
}

void LossCheck::require_none() const {
  if (losses_.empty()) return;
  std::string message = "the store " + folder_.string() + " is damaged";
  for (const std::string& finding : losses_.findings) message += "; " + finding;
  if (losses_.missing_changes != 0) {
    message += "; " + counted(losses_.missing_changes) + " missing";
  }
  throw CorruptionError(message +
                        "; `pharox repair` makes a new store of all that can be read, and "
                        "accept_loss opens this one as it is");
}

}  // namespace pharox::storage
