#include "tests/layers/layer_rules.h"

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <set>

namespace pharox::tests {
namespace {

constexpr std::size_t kMostLines = 800;

// From the bottom to the top: each may include itself and what is before it.
constexpr std::array<std::string_view, 4> kStaircase{"format", "storage", "engine", "tools"};

// A third party's headers, and the files that may include them.
struct Room {
  std::regex header;
  std::regex files;
  const char* name;
};

const std::vector<Room>& rooms() {
  static const std::vector<Room> all{
      {std::regex("flatbuffers/.*|.*_generated\\.h"), std::regex("format/[^/]*"), "FlatBuffers"},
      // Tools see it through format/json_text.h, whose type they print and parse.
      {std::regex("nlohmann/.*"), std::regex("format/[^/]*|tools/.*"), "nlohmann-json"},
      {std::regex("rocksdb/.*"), std::regex("storage/rocks_[^/]*"), "RocksDB"},
      {std::regex("xxhash\\.h"), std::regex("storage/rocks_table_guard\\.cpp"), "xxHash"},
      {std::regex("roaring/.*"),
       std::regex(
           "engine/"
           "(attribute_index|filter_plan|geo_grid|plan_cache|pool_choice|pool_index)\\.(h|cpp)"),
       "CRoaring"},
      {std::regex("(boost/)?asio.*"), std::regex("engine/(include/pharox/async[^/]*|examples/.*)"),
       "Asio"},
      {std::regex("CLI/.*"), std::regex("tools/.*"), "CLI11"},
      {std::regex("fmt/.*"), std::regex("tools/.*"), "fmt"},
      {std::regex("uuid/.*"), std::regex("tools/.*"), "libuuid"},
      {std::regex("benchmark/.*"), std::regex("bench/.*"), "Google Benchmark"},
      {std::regex("sqlite3\\.h"), std::regex("bench/.*"), "SQLite"},
      {std::regex("hiredis/.*"), std::regex("bench/.*"), "hiredis"},
  };
  return all;
}

// Headers of the C and C++ libraries and the kernel have no folder, or one of these.
const std::regex kSystemHeader("[a-z0-9_]+(\\.h)?|(sys|linux|arpa|netinet)/[a-z_]+\\.h");

// No public header shows a type of these, whether or not it includes them.
const std::regex kForeignName("\\b(rocksdb|roaring|flatbuffers|nlohmann|CLI|fmt)::");

std::optional<int> step_of(std::string_view path) {
  for (std::size_t step = 0; step < kStaircase.size(); ++step) {
    const std::string_view name = kStaircase[step];
    if (path.starts_with(name) && path.substr(name.size()).starts_with('/')) {
      return static_cast<int>(step);
    }
  }
  return std::nullopt;
}

bool is_public(std::string_view path) { return path.find("/include/pharox/") != path.npos; }

std::vector<std::string> includes_of(const std::string& text) {
  static const std::regex kInclude("(^|\n)[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"\n]+)[>\"]");
  std::vector<std::string> headers;
  for (std::sregex_iterator match(text.begin(), text.end(), kInclude), end; match != end; ++match) {
    headers.push_back((*match)[2]);
  }
  return headers;
}

std::string without_comments(const std::string& text) {
  static const std::regex kComment("//[^\n]*");
  return std::regex_replace(text, kComment, "");
}

}  // namespace

LayerRules::LayerRules(const std::vector<SourceFile>& files) {
  for (const SourceFile& file : files) {
    const std::size_t at = file.path.find("include/pharox/");
    const std::optional<int> step = step_of(file.path);
    if (at != std::string::npos && step) {
      step_of_public_header_[file.path.substr(at + std::string_view("include/").size())] = *step;
    }
  }
}

std::string LayerRules::check_include(const SourceFile& file, std::string_view header) const {
  const int own_step = *step_of(file.path);
  const std::string name(header);
  for (const Room& room : rooms()) {
    if (!std::regex_match(name, room.header)) continue;
    if (std::regex_match(file.path, room.files)) return {};
    return std::string(room.name) + " outside its room: " + name;
  }
  if (header.starts_with("tests/") || header.starts_with("bench/")) return "sees tests: " + name;
  std::optional<int> step = step_of(header);
  if (const auto found = step_of_public_header_.find(header);
      found != step_of_public_header_.end()) {
    step = found->second;
  } else if (header.starts_with("pharox/")) {
    return "no such public header: " + name;
  } else if (step && is_public(file.path)) {
    return "a public header includes a private one: " + name;
  }
  if (step) return *step <= own_step ? std::string{} : "an upward arrow: " + name;
  if (std::regex_match(name, kSystemHeader)) return {};
  return "a header that no rule knows: " + name;
}

std::vector<std::string> LayerRules::violations(const SourceFile& file) const {
  std::vector<std::string> found;
  const auto lines = std::count(file.text.begin(), file.text.end(), '\n');
  if (static_cast<std::size_t>(lines) > kMostLines) {
    found.push_back(file.path + ": " + std::to_string(lines) + " lines");
  }
  if (!step_of(file.path)) return found;  // tests and benchmarks may see everything
  for (const std::string& header : includes_of(file.text)) {
    const std::string violation = check_include(file, header);
    if (!violation.empty()) found.push_back(file.path + ": " + violation);
  }
  if (is_public(file.path)) {
    const std::string code = without_comments(file.text);
    std::smatch match;
    if (std::regex_search(code, match, kForeignName)) {
      found.push_back(file.path + ": a public header shows " + match.str());
    }
  }
  return found;
}

std::vector<std::string> unlisted_sources(const std::vector<SourceFile>& files) {
  // Every word of every list, as a path from the root of the project.
  std::set<std::string> listed;
  static const std::regex kWord("[A-Za-z0-9_./-]+\\.cpp");
  for (const SourceFile& file : files) {
    const std::size_t name = file.path.rfind("CMakeLists.txt");
    if (name == std::string::npos) continue;
    const std::string folder = file.path.substr(0, name);
    for (std::sregex_iterator match(file.text.begin(), file.text.end(), kWord), end; match != end;
         ++match) {
      listed.insert(folder + match->str());
    }
  }
  std::vector<std::string> missing;
  for (const SourceFile& file : files) {
    if (file.path.ends_with(".cpp") && !listed.contains(file.path)) missing.push_back(file.path);
  }
  return missing;
}

}  // namespace pharox::tests
