// Takes values off the front of a fuzzer's bytes. At their end everything is zero.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pharox::tests {

class InputBytes {
 public:
  explicit InputBytes(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(take(1).empty() ? '\0' : last_.front()); }
  std::string_view take(std::size_t count) {
    last_ = bytes_.substr(0, std::min(count, bytes_.size()));
    bytes_.remove_prefix(last_.size());
    return last_;
  }
  std::string_view rest() { return take(bytes_.size()); }
  std::uint64_t word() {
    std::uint64_t value = 0;
    const std::string_view raw = take(sizeof value);
    std::memcpy(&value, raw.data(), raw.size());
    return value;
  }
  // Any 64 bits: also infinities and what is no number.
  double real() { return std::bit_cast<double>(word()); }

 private:
  std::string_view bytes_;
  std::string_view last_{};
};

}  // namespace pharox::tests
