// How a command makes a whole store or none: in a folder beside it, verified, then renamed.
#pragma once

#include <filesystem>

#include "tools/folder_beside.h"

namespace pharox::tools {

// Throws PharoxError, its findings on stderr, unless `pharox verify` finds nothing.
void require_sound_store(const std::filesystem::path& folder);

// Durable when it returns. Throws StorageError when somebody has put something into `store`
// meanwhile.
void become_store(const FolderBeside& folder, const std::filesystem::path& store);

}  // namespace pharox::tools
