// Reads the sources of the whole project and holds them against the staircase.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/layers/layer_rules.h"

namespace pharox::tests {
namespace {

std::vector<SourceFile> project() {
  const std::filesystem::path root = PHAROX_SOURCE_DIR;
  std::vector<SourceFile> files;
  for (const char* folder :
       {"format", "storage", "engine", "tools", "tests", "bench", "examples"}) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::filesystem::path& path = entry.path();
      const bool source = path.extension() == ".h" || path.extension() == ".cpp";
      if (!source && path.filename() != "CMakeLists.txt") continue;
      std::ostringstream text;
      text << std::ifstream(path).rdbuf();
      files.push_back({std::filesystem::relative(path, root).generic_string(), text.str()});
    }
  }
  return files;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

TEST(Layers, NoArrowGoesUpAndEachThirdPartyStaysInItsRoom) {
  const std::vector<SourceFile> files = project();
  const LayerRules rules(files);
  std::vector<std::string> violations;
  for (const SourceFile& file : files) {
    const std::vector<std::string> found = rules.violations(file);
    violations.insert(violations.end(), found.begin(), found.end());
  }
  EXPECT_TRUE(violations.empty()) << joined(violations);
}

TEST(Layers, EverySourceIsBuilt) {
  const std::vector<std::string> missing = unlisted_sources(project());
  EXPECT_TRUE(missing.empty()) << "in no CMakeLists.txt:\n" << joined(missing);
}

TEST(Layers, EveryLayerIsRead) {
  const std::vector<SourceFile> files = project();
  for (const std::string layer : {"format/", "storage/", "engine/", "tools/", "tests/"}) {
    const auto count = std::count_if(files.begin(), files.end(), [&](const SourceFile& file) {
      return file.path.starts_with(layer);
    });
    EXPECT_GT(count, 3) << layer;
  }
}

// -- The rules themselves: each must catch what it is for -----------------------------------------

const std::vector<SourceFile> kHeaders{{"format/include/pharox/proxy.h", ""},
                                       {"engine/include/pharox/manager.h", ""}};

std::vector<std::string> violations_of(std::string path, std::string text) {
  return LayerRules(kHeaders).violations({std::move(path), std::move(text)});
}

TEST(LayerRules, AllowWhatTheDesignAllows) {
  const std::pair<const char*, const char*> allowed[] = {
      {"engine/x.cpp", "#include \"storage/journal.h\"\n#include \"format/codec.h\"\n"},
      {"engine/x.cpp", "#include \"pharox/proxy.h\"\n#include <vector>\n#include <sys/stat.h>\n"},
      {"tools/x.cpp", "#include \"pharox/manager.h\"\n#include <CLI/App.hpp>\n"},
      {"storage/rocks_x.h", "#include <rocksdb/db.h>\n"},
      {"engine/pool_index.h", "#include <roaring/roaring.hh>\n"},
      {"format/codec.cpp", "#include \"records_generated.h\"\n"},
      {"engine/include/pharox/async.h", "#include <boost/asio.hpp>\n#include <asio.hpp>\n"},
      {"engine/include/pharox/x.h", "// unlike rocksdb::DB\n#include \"pharox/proxy.h\"\n"},
      {"tests/x.cpp", "#include <rocksdb/db.h>\n#include \"tools/x.h\"\n"},
  };
  for (const auto& [path, text] : allowed) {
    EXPECT_EQ(joined(violations_of(path, text)), "") << path << '\n' << text;
  }
}

TEST(LayerRules, CatchEachViolation) {
  const std::pair<const char*, const char*> forbidden[] = {
      {"format/x.cpp", "#include \"storage/journal.h\"\n"},
      {"format/x.cpp", "#include <pharox/manager.h>\n"},
      {"storage/x.h", "\n  #  include \"engine/pool_index.h\"\n"},
      {"engine/x.cpp", "#include \"tools/output.h\"\n"},
      {"engine/x.cpp", "#include \"tests/fixtures/records.h\"\n"},
      {"engine/x.cpp", "#include \"pharox/missing.h\"\n"},
      {"storage/null_journal.cpp", "#include <rocksdb/db.h>\n"},
      {"engine/rocks_x.cpp", "#include <rocksdb/db.h>\n"},
      {"engine/manager.cpp", "#include <roaring/roaring.hh>\n"},
      {"engine/x.cpp", "#include <nlohmann/json.hpp>\n"},
      {"storage/x.cpp", "#include <flatbuffers/flatbuffers.h>\n"},
      {"storage/x.cpp", "#include \"records_generated.h\"\n"},
      {"engine/x.cpp", "#include <fmt/format.h>\n"},
      {"format/x.cpp", "#include <uuid/uuid.h>\n"},
      {"engine/x.cpp", "#include <boost/asio.hpp>\n"},
      {"engine/x.cpp", "#include <hiredis/hiredis.h>\n"},
      {"engine/x.cpp", "#include <absl/time/clock.h>\n"},
      {"format/include/pharox/x.h", "#include <nlohmann/json.hpp>\n"},
      {"engine/include/pharox/x.h", "#include \"engine/pool_index.h\"\n"},
      {"engine/include/pharox/x.h", "void f(rocksdb::DB&);\n"},
      {"engine/include/pharox/x.h", "roaring::Roaring bits;\n"},
  };
  for (const auto& [path, text] : forbidden) {
    // The rooms of format/include are the layer's own files, not its public headers.
    EXPECT_EQ(violations_of(path, text).size(), 1u) << path << '\n' << text;
  }
}

TEST(LayerRules, CatchAFileThatIsTooLong) {
  EXPECT_TRUE(violations_of("tests/x.cpp", std::string(800, '\n')).empty());
  EXPECT_EQ(violations_of("tests/x.cpp", std::string(801, '\n')).size(), 1u);
}

TEST(LayerRules, CatchASourceThatIsNotBuilt) {
  const std::vector<SourceFile> files{
      {"tools/CMakeLists.txt", "add_library(x STATIC a.cpp import/b.cpp)"},
      {"tools/a.cpp", ""},
      {"tools/import/b.cpp", ""},
      {"tools/import/a.cpp", ""},
      {"tools/c.cpp", ""},
  };
  EXPECT_EQ(unlisted_sources(files),
            (std::vector<std::string>{"tools/import/a.cpp", "tools/c.cpp"}));
}

}  // namespace
}  // namespace pharox::tests
