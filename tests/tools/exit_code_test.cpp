// The command as scripts see it: exit codes, streams, help.
#include <gtest/gtest.h>

#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

const std::vector<std::string> kCommands{"import", "stats",  "pools", "dump", "load",
                                         "verify", "repair", "agent", "bench"};

class ExitCodeTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string imported_store() const {
    const std::string store = path("store");
    EXPECT_EQ(pharox({"import", store, "-", "--pool", "demo"}, "http://192.0.2.1:80\n").exit_code,
              0);
    return store;
  }

  TempFolder folder_;
};

TEST_F(ExitCodeTest, HelpIsEverywhereWithAnExample) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"-h"}}) {
    const CommandResult help = pharox(arguments);
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("Example:"), std::string::npos);
    for (const std::string& command : kCommands) EXPECT_NE(help.out.find(command), help.out.npos);
  }
  for (const std::string& command : kCommands) {
    SCOPED_TRACE(command);
    const CommandResult help = pharox({command, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("Example:\n  "), std::string::npos);
    EXPECT_NE(help.out.find("pharox " + command), std::string::npos);
    EXPECT_EQ(help.err, "");
  }
}

TEST_F(ExitCodeTest, TheVersionIsToldOnStdout) {
  const CommandResult version = pharox({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("pharox 0.")) << version.out;
}

TEST_F(ExitCodeTest, UsageErrorsAreTwo) {
  const std::string store = imported_store();
  const std::vector<std::vector<std::string>> misuses{
      {},
      {"frobnicate"},
      {"stats"},
      {"stats", store, "surplus"},
      {"import", store, "-"},
      {"import", store, "-", "--pool", "demo", "--format", "xml"},
      {"import", store, "-", "--pool", "demo", "--status", "tired"},
      {"import", store, "-", "--pool", "demo", "--max-concurrency", "0"},
      {"import", store, "-", "--pool", ""},
      {"dump", store, "--what", "everything"},
      {"dump", store, "--status", "tired"},
      {"dump", store, "--limit", "few"},
      {"agent", store},
      {"agent", store, "--pool", "demo", "--workers", "0"},
      {"agent", store, "--pool", "demo", "--lat", "52.5"},
      {"agent", store, "--pool", "demo", "--durability", "eternal"},
  };
  for (const auto& arguments : misuses) {
    const CommandResult result = pharox(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
}

TEST_F(ExitCodeTest, FailuresAreOne) {
  const std::string store = imported_store();
  write_file(path("no-store"), "a file");
  const std::vector<std::vector<std::string>> failures{
      {"stats", path("nowhere")},
      {"dump", path("nowhere")},
      {"verify", path("nowhere")},
      {"stats", path("no-store")},
      {"stats", store, "--pool", "unknown"},
      {"dump", store, "--pool", "unknown"},
      {"dump", store, "--consumer", "unknown"},
      {"agent", path("nowhere"), "--pool", "demo"},
      {"agent", store, "--pool", "unknown"},
      {"import", store, path("no-list"), "--pool", "demo"},
      {"import", store, folder_.path(), "--pool", "demo"},
      {"load", store, "-"},
      {"load", path("new"), path("no-dump")},
  };
  for (const auto& arguments : failures) {
    const CommandResult result = pharox(arguments);
    EXPECT_EQ(result.exit_code, 1) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find("pharox: "), std::string::npos) << result.err;
  }
  EXPECT_FALSE(std::filesystem::exists(path("nowhere")));
  EXPECT_FALSE(std::filesystem::exists(path("new")));
}

TEST_F(ExitCodeTest, CorruptionIsThree) {
  const std::string store = imported_store();
  for (const auto& entry : std::filesystem::directory_iterator(store + "/db")) {
    if (entry.path().extension() != ".log") continue;
    std::string bytes = read_file(entry.path());
    ASSERT_GT(bytes.size(), 100u);
    bytes[bytes.size() / 2] ^= 0x40;
    write_file(entry.path(), bytes);
  }
  const CommandResult text = pharox({"verify", store});
  EXPECT_EQ(text.exit_code, 3) << text.out << text.err;
  EXPECT_NE(text.out.find("finding: "), std::string::npos) << text.out;
  const CommandResult json = pharox({"verify", store, "--json"});
  EXPECT_EQ(json.exit_code, 3);
  EXPECT_NE(json.out.find("\"reason\":"), std::string::npos) << json.out;
}

TEST_F(ExitCodeTest, ResultsThatCannotBeWrittenAreAFailure) {
  const std::string store = imported_store();
  const std::string command = std::string(PHAROX_COMMAND) + " dump " + store;
  EXPECT_EQ(std::system((command + " >/dev/full 2>" + path("err")).c_str()), 1 << 8);
  EXPECT_NE(read_file(path("err")).find("cannot write"), std::string::npos);
}

}  // namespace
}  // namespace pharox::tests
