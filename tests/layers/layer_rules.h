// The staircase of the design as rules over text: who may include what, and which header of which
// third party belongs in which room. Rules over a list of files, so that the test can show them
// files that break each one.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pharox::tests {

struct SourceFile {
  std::string path;  // from the root of the project, with slashes
  std::string text;
};

class LayerRules {
 public:
  // All sources of the project: the rules need them to know which layer a <pharox/...> header is
  // in.
  explicit LayerRules(const std::vector<SourceFile>& files);

  // What is wrong with this file, a line each.
  std::vector<std::string> violations(const SourceFile& file) const;

 private:
  std::string check_include(const SourceFile& file, std::string_view header) const;

  std::map<std::string, int, std::less<>> step_of_public_header_;
};

// Sources that no CMakeLists.txt in their folder or above names.
std::vector<std::string> unlisted_sources(const std::vector<SourceFile>& files);

}  // namespace pharox::tests
