#include "tools/new_store.h"

#include "pharox/errors.h"
#include "tools/inspect/verification.h"
#include "tools/output.h"

namespace pharox::tools {

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
