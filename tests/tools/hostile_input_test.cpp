// Input that was made to do harm costs bounded memory and is refused or read for what it is, byte
// by byte.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <streambuf>

#include "pharox/errors.h"
#include "tests/tools/pharox_command.h"
#include "tests/tools/rows_in.h"
#include "tools/line_reader.h"

namespace pharox::tests {
namespace {

using tools::ListFormat;

// A beginning, then a pattern over and over: larger than what any reader may hold of it.
class Endless final : public std::streambuf {
 public:
  Endless(std::string beginning, const std::string& pattern)
      : chunk_(std::move(beginning)), pattern_(pattern) {
    while (pattern_.size() < kChunk) pattern_ += pattern;
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{1} << 16;
  static constexpr std::size_t kBytes = std::size_t{16} << 20;

  int_type underflow() override {
    if (given_ > 0 || chunk_.empty()) chunk_ = pattern_;
    if (given_ >= kBytes) return traits_type::eof();
    given_ += chunk_.size();
    setg(chunk_.data(), chunk_.data(), chunk_.data() + chunk_.size());
    return traits_type::to_int_type(*gptr());
  }

  std::string chunk_;
  std::string pattern_;
  std::size_t given_ = 0;
};

std::size_t peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

// Sanitizers keep freed memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kMostKib = std::size_t{1} << 20;
#else
constexpr std::size_t kMostKib = 8 << 10;
#endif

struct Flood {
  const char* name;
  ListFormat format;
  std::string beginning;
  std::string pattern;
};

TEST(HostileInput, AFloodOfAnyKindIsReadInBoundedMemory) {
  const std::string row = R"({"host":"h","port":1})";
  const std::vector<Flood> floods{
      {"one endless line", ListFormat::urls, "h", "h"},
      {"an endless user", ListFormat::urls, "http://u", "%41"},
      {"an endless header", ListFormat::csv, "host,port", ",x"},
      {"an endless quoted cell", ListFormat::csv, "host,port\n\"", std::string(5'000, 'x') + "\n"},
      {"endless cells", ListFormat::csv, "host,port\n", ","},
      {"an endless line of JSON", ListFormat::jsonl, "{\"host\":\"", "h"},
      {"nesting without an end", ListFormat::jsonl, "", "["},
      {"nesting in an element", ListFormat::json, "[", "["},
      {"objects in an element", ListFormat::json, "[", "{\"a\":"},
      {"an endless text in an element", ListFormat::json, "[{\"host\":\"", "\\u0000"},
      {"endless elements", ListFormat::json, "[" + row, ",7" + std::string(9'000, ' ')},
      {"NUL bytes", ListFormat::urls, std::string(1, '\0'), std::string(1, '\0')},
  };
  for (const Flood& flood : floods) {
    SCOPED_TRACE(flood.name);
    Endless bytes(flood.beginning, flood.pattern);
    std::istream stream(&bytes);
    const std::size_t before = peak_kib();
    std::size_t good = 0;
    try {
      tools::ByteSource source(stream);
      const auto rows = tools::open_rows(source, flood.format, ProxyProtocol::http);
      for (tools::ParsedRow parsed; rows->next(parsed);) good += parsed.row.has_value();
    } catch (const PharoxError&) {
    }
    EXPECT_LE(good, 1u);
    EXPECT_LT(peak_kib() - before, kMostKib);
  }
}

TEST(HostileInput, ManyUnknownNamesAreNotAllRemembered) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    text += R"({"host":"h","port":1,"name)" + std::to_string(i) + "\":1}\n";
  }
  EXPECT_EQ(rows_in(text, ListFormat::jsonl).ignored.size(), 20u);
}

TEST(HostileInput, NulBytesEndNothingEarly) {
  const std::string nul(1, '\0');
  EXPECT_EQ(rows_in("[::1" + nul + "x]:80\n", ListFormat::urls).bad,
            (std::vector<std::string>{"1: host holds a NUL byte"}));
  EXPECT_EQ(rows_in("a" + nul + "b:80\n", ListFormat::urls).good.size(), 0u);
  EXPECT_EQ(rows_in("h:80" + nul + "1\n", ListFormat::urls).good.size(), 0u);
  EXPECT_EQ(rows_in(R"({"host":"::1\u0000x","port":80})", ListFormat::jsonl).good.size(), 0u);
  EXPECT_EQ(rows_in("host,port\nh" + nul + ",80\n", ListFormat::csv).good.size(), 0u);
  const auto rows = rows_in("http://u:p" + nul + "q@h:80\n", ListFormat::urls);
  ASSERT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.good.front().password, "p" + nul + "q");
}

TEST(HostileInput, NumbersOutOfRangeAreBadRows) {
  for (const char* number : {"1e999", "-1e999", "99999999999999999999999", "65536", "-1", "1e1",
                             "0x50", "0.5", "NaN", "Infinity", "1e-999"}) {
    SCOPED_TRACE(number);
    const std::string digits = number;
    EXPECT_TRUE(
        rows_in("{\"host\":\"h\",\"port\":" + digits + "}", ListFormat::jsonl).good.empty());
    EXPECT_TRUE(rows_in("h:" + digits, ListFormat::urls).good.empty());
    EXPECT_TRUE(rows_in("host,port\nh," + digits, ListFormat::csv).good.empty());
  }
}

TEST(HostileInput, ALineOfADumpIsBoundedToo) {
  Endless bytes("{\"type\":\"store\"", " ");
  std::istream stream(&bytes);
  tools::ByteSource source(stream);
  tools::LineReader lines(source, std::size_t{1} << 20);
  const std::size_t before = peak_kib();
  std::string line;
  EXPECT_EQ(lines.next(line), tools::LineReader::Result::too_long);
  EXPECT_LT(peak_kib() - before, kMostKib);
}

TEST(HostileInput, NoArgumentEndsTheCommandWithASignal) {
  const TempFolder folder;
  const std::string nowhere = (folder.path() / "missing" / "store").string();
  const std::string huge(100'000, '9');
  for (const std::string& value :
       {std::string("nan"), std::string("-1"), huge, "1e" + huge, std::string("\xff\xfe"),
        std::string("--"), std::string("%s%n"), std::string()}) {
    SCOPED_TRACE(value.substr(0, 20));
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"agent", nowhere, "--pool", value},
             {"agent", nowhere, "--pool", "p", "--workers", value},
             {"agent", nowhere, "--pool", "p", "--radius-km", value},
             {"bench", "--memory", "--proxies", value},
             {"import", nowhere, value, "--pool", value, "--max-concurrency", value},
             {"dump", nowhere, "--limit", value},
             {value}}) {
      const int code = pharox(arguments).exit_code;
      EXPECT_TRUE(code == 1 || code == 2) << arguments.front() << " ends with " << code;
    }
  }
}

}  // namespace
}  // namespace pharox::tests
