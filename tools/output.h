// The two streams of a command: results, whose loss is an error, and notes, whose loss is not.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pharox::tools {

// Results could not be written. `reader_gone`: whoever reads them has stopped (EPIPE), as `head`
// does, which deserves no message.
class OutputError : public std::runtime_error {
 public:
  OutputError(const std::string& what, bool reader_gone_now)
      : std::runtime_error(what), reader_gone(reader_gone_now) {}
  const bool reader_gone;
};

// Results. Buffered by the C library. Not thread-safe. Every method throws OutputError, so that a
// full disk never looks like a shorter list.
class Output {
 public:
  explicit Output(std::FILE* file) : file_(file) {}

  void line(std::string_view text);
  void flush();

 private:
  std::FILE* file_;
};

// A line on stderr. Failures are ignored: there is nowhere left to report them.
void note_line(std::string_view text);

template <class... Args>
void note(fmt::format_string<Args...> format, Args&&... args) {
  note_line(fmt::format(format, std::forward<Args>(args)...));
}

// A count for people: "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace pharox::tools
