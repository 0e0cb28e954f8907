// How a run of the command ends, as scripts see it.
#pragma once

#include "pharox/errors.h"

namespace pharox::tools {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,       // the command line asks for something that makes no sense
  corruption = 3,  // the store's own bytes are wrong
  locked = 4,      // another process has the store open
};

// The command line is well-formed but its values break a rule.
class UsageError : public PharoxError {
 public:
  using PharoxError::PharoxError;
};

}  // namespace pharox::tools
