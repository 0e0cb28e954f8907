// pharox backup: a copy of a store, also while another process has it open.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult result = pharox({"import", store_, "-", "--pool", "demo"},
                                        "socks5://jane:open-sesame@192.0.2.1:80\n192.0.2.2:80\n");
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  std::string dump(const std::string& store) const {
    return pharox({"dump", store, "--json", "--show-secrets"}).out;
  }

  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
  const std::string copy_ = (folder_.path() / "copy").string();
};

TEST_F(BackupTest, CopyHoldsTheSameRecords) {
  const CommandResult result = pharox({"backup", store_, copy_, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("\"proxies\":2"), std::string::npos) << result.out;
  EXPECT_NE(result.err.find(" as of "), std::string::npos) << "it does not say which moment";
  EXPECT_EQ(dump(copy_), dump(store_));
  EXPECT_EQ((result.out + result.err).find("open-sesame"), std::string::npos);
  EXPECT_EQ(pharox({"verify", copy_}).exit_code, 0);
}

TEST_F(BackupTest, StoreThatIsInUseIsCopiedAndGoesOn) {
  RunningCommand agent({"agent", store_, "--pool", "demo", "--workers", "2", "--consumer", "busy",
                        "--duration-s", "600", "--durability", "process"});
  ASSERT_TRUE(agent.await("pairs/s")) << agent.err();
  for (const char* name : {"a", "b"}) {
    const std::string copy = (folder_.path() / name).string();
    const CommandResult result = pharox({"backup", store_, copy});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_NE(result.err.find("open in pid"), std::string::npos) << result.err;
    EXPECT_EQ(pharox({"verify", copy}).exit_code, 0);
    EXPECT_EQ(pharox({"agent", copy, "--pool", "demo", "--seconds", "1"}).exit_code, 0);
  }
  agent.send(SIGINT);
  EXPECT_EQ(agent.wait().exit_code, 0);
  EXPECT_EQ(pharox({"verify", store_}).exit_code, 0);
}

TEST_F(BackupTest, RefusalsLeaveNothing) {
  EXPECT_EQ(pharox({"backup", store_, store_}).exit_code, 1);
  EXPECT_EQ(pharox({"backup", store_, store_ + "/copy"}).exit_code, 1);
  EXPECT_EQ(pharox({"backup", copy_, store_ + "2"}).exit_code, 1);  // no store there
  ASSERT_EQ(pharox({"backup", store_, copy_}).exit_code, 0);
  EXPECT_EQ(pharox({"backup", store_, copy_}).exit_code, 1);  // not over the last one
  const auto left = std::distance(std::filesystem::directory_iterator(folder_.path()),
                                  std::filesystem::directory_iterator());
  EXPECT_EQ(left, 2);  // the store and its copy
}

}  // namespace
}  // namespace pharox::tests
