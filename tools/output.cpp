#include "tools/output.h"

#include <cerrno>
#include <cstring>

namespace pharox::tools {

namespace {

[[noreturn]] void fail(int error) {
  throw OutputError(fmt::format("cannot write to the standard output: {}", std::strerror(error)),
                    error == EPIPE);
}

}  // namespace

void Output::line(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(errno);
  if (std::fputc('\n', file_) == EOF) fail(errno);
}

void Output::flush() {
  if (std::fflush(file_) != 0) fail(errno);
}

void note_line(std::string_view text) {
  // One write a line, so that lines of several threads do not mix.
  std::string line(text);
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

}  // namespace pharox::tools
