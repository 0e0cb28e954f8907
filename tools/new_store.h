// A store that a command has made is looked at before anybody relies on it.
#pragma once

#include <filesystem>

namespace pharox::tools {

// Throws PharoxError, its findings on stderr, unless `pharox verify` finds nothing.
void require_sound_store(const std::filesystem::path& folder);

}  // namespace pharox::tools
