// What a call says when it refuses.
#pragma once

#include <string>

namespace pharox::format::testing {

// The message of the `Error` that `call` throws, or "(accepted)".
template <typename Error, typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(accepted)";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pharox::format::testing
