// pharox import, from the list to the store.
#include <gtest/gtest.h>

#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

class ImportCommandTest : public ::testing::Test {
 protected:
  CommandResult import(const std::string& list, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"import", store_, "-", "--pool", "demo"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return pharox(arguments, list);
  }
  std::string dump(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"dump", store_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult result = pharox(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out;
  }

  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
};

TEST_F(ImportCommandTest, TheSummaryCountsWhatHappened) {
  const std::string list = "192.0.2.1:80\nbad\n192.0.2.2:80\n192.0.2.1:80\n";
  CommandResult result = import(list);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "read 4, added 2, updated 0, unchanged 1, bad 1\n");
  EXPECT_EQ(result.err, "line 2: there is no port\n");
  result = import(list, {"--json", "--source", "acme"});
  EXPECT_EQ(result.out,
            "{\"read\":4,\"added\":0,\"updated\":2,\"unchanged\":1,\"bad\":1,\"dry_run\":false}\n");
}

TEST_F(ImportCommandTest, StrictStopsAtTheFirstBadRowWithNothingImported) {
  const CommandResult result = import("192.0.2.1:80\nbad\nworse\n", {"--strict"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("line 2: there is no port\n"), std::string::npos);
  EXPECT_EQ(result.err.find("line 3"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(store_));
  EXPECT_EQ(import("192.0.2.1:80\n", {"--strict"}).exit_code, 0);
}

TEST_F(ImportCommandTest, ADryRunWritesNothing) {
  CommandResult result = import("192.0.2.1:80\n192.0.2.1:80\n", {"--dry-run"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.starts_with("read 2, added 1, updated 0, unchanged 1, bad 0"));
  EXPECT_FALSE(std::filesystem::exists(store_));

  import("192.0.2.1:80\n");
  const std::string before = dump();
  result = import("192.0.2.1:80\n192.0.2.2:80\n", {"--dry-run", "--status", "slow"});
  EXPECT_TRUE(result.out.starts_with("read 2, added 1, updated 1, unchanged 0, bad 0"));
  EXPECT_EQ(dump(), before);
}

TEST_F(ImportCommandTest, ManyBadRowsAreShownInPart) {
  std::string list;
  for (int i = 0; i < 30; ++i) list += "bad\n";
  const CommandResult result = import(list);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(count_of(result.err, "there is no port"), 20u);
  EXPECT_NE(result.err.find("and 10 more bad rows"), std::string::npos);
}

TEST_F(ImportCommandTest, ACutOffArrayIsImportedAndFails) {
  const CommandResult result = import(R"([{"host":"192.0.2.1","port":80},{"host":)");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.out, "read 2, added 1, updated 0, unchanged 0, bad 1\n");
  EXPECT_NE(result.err.find("row 2: "), std::string::npos);
}

TEST_F(ImportCommandTest, PasswordsAreMaskedUnlessAskedFor) {
  const CommandResult result =
      import("http://u:hunter2@192.0.2.1:80\nhttp://u:hunter2@192.0.2.1:x\n");
  EXPECT_EQ((result.out + result.err).find("hunter2"), std::string::npos);
  EXPECT_EQ(dump().find("hunter2"), std::string::npos);
  EXPECT_EQ(dump({"--format", "jsonl"}).find("hunter2"), std::string::npos);
  EXPECT_NE(dump({"--show-secrets"}).find("hunter2"), std::string::npos);
  EXPECT_NE(dump({"--json", "--show-secrets"}).find("hunter2"), std::string::npos);
}

TEST_F(ImportCommandTest, TheSamplesHaveThreeHundredProxies) {
  for (const char* name : {"sample.urls.txt", "sample.csv", "sample.json", "sample.jsonl"}) {
    const std::string file = std::string(PHAROX_SAMPLES) + "/" + name;
    const CommandResult result = pharox({"import", store_, file, "--pool", "demo"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.out.find("updated 0, unchanged 0, bad 0"), std::string::npos) << result.out;
  }
  EXPECT_EQ(count_of(dump({"--json", "--what", "proxies"}), "\"type\":\"proxy\""), 300u);
}

}  // namespace
}  // namespace pharox::tests
