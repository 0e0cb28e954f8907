#include "tools/byte_source.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "pharox/errors.h"

namespace pharox::tools {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

ByteSource::ByteSource(std::istream& in) : in_(in), buffer_(new char[kBufferBytes]) {
  refill();
  if (lookahead().starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
}

bool ByteSource::refill() {
  in_.read(buffer_.get(), kBufferBytes);
  if (in_.bad()) throw PharoxError("cannot read the input");
  at_ = 0;
  size_ = static_cast<std::size_t>(in_.gcount());
  return size_ != 0;
}

InputFile::InputFile(const std::string& name) {
  if (name == "-") return;
  // Opening a folder for reading succeeds and then reads nothing.
  if (std::filesystem::is_directory(name)) {
    throw PharoxError(fmt::format("cannot read {}: it is a folder", name));
  }
  file_ = std::make_unique<std::ifstream>(name, std::ios::binary);
  if (!*file_) throw PharoxError(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
}

std::istream& InputFile::standard_input() { return std::cin; }

}  // namespace pharox::tools
