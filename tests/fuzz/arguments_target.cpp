// Input: the arguments of the pharox command, a line each. They are parsed; nothing is run.
#include <memory>

#include "tests/fuzz/fuzz_target.h"
#include "tools/commands.h"

namespace pharox::tests {

void fuzz_arguments(std::string_view bytes) {
  std::vector<std::string> words{"pharox"};
  for (std::size_t from = 0; from <= bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
    // An argument of a program ends at its first NUL.
    words.emplace_back(std::string(bytes.substr(from, end - from)).c_str());
    from = end + 1;
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());

  CLI::App app("", "pharox");
  app.require_subcommand(1);
  tools::Action chosen;
  for (const auto add :
       {tools::add_import_command, tools::add_stats_command, tools::add_pools_command,
        tools::add_dump_command, tools::add_load_command, tools::add_verify_command,
        tools::add_agent_command, tools::add_bench_command}) {
    add(app, chosen);
  }
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError&) {
  }
}

std::vector<std::string> argument_seeds() {
  return {
      "import\n./store\nlist.txt\n--pool\np\n--max-concurrency\n2\n--format\ncsv",
      "dump\n./store\n--format\njsonl\n--show-secrets",
      "agent\n./store\n--pool\np\n--workers\n8\n--seconds\n1.5\n--durability\nprocess",
      "bench\n--memory\n--country\nCH\n--lat\n1\n--lon\n2e300\n--radius-km\n-1",
      "stats\n./store\n--json",
      "verify\n--help",
      "--version",
  };
}

}  // namespace pharox::tests
