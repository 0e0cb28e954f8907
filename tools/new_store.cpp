#include "tools/new_store.h"

#include <limits>
#include <utility>

#include "pharox/errors.h"
#include "tools/inspect/verification.h"
#include "tools/output.h"

namespace pharox::tools {

namespace {
// Changes a commit: enough for the fdatasync not to count, few enough to hold.
constexpr std::size_t kBatch = 4096;
}  // namespace

std::unique_ptr<storage::PersistentJournal> open_new_store(const std::filesystem::path& folder) {
  storage::JournalOptions options;
  options.history = {.max_leases = std::numeric_limits<std::uint64_t>::max(),
                     .max_age = Duration::max()};
  options.log = note_line;
  return storage::open_journal(folder, options);
}

void StoreWriter::append(storage::Change change) {
  batch_.push_back(std::move(change));
  if (batch_.size() == kBatch) flush();
}

void StoreWriter::flush() {
  if (!batch_.empty()) journal_.wait(journal_.append(std::exchange(batch_, {}), now_));
}

void require_sound_store(const std::filesystem::path& folder) {
  const auto reader = storage::StoreReader::open(folder);
  const Verification result = verify(*reader);
  if (result.findings.empty()) return;
  for (const Finding& finding : result.findings) {
    note("{} {}: {}", finding.place, finding.key, finding.reason);
  }
  throw PharoxError("the records contradict each other");
}

}  // namespace pharox::tools
