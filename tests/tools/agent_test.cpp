// pharox agent, and the commands that look at a store while it runs.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

class AgentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult result =
        pharox({"import", store_, "-", "--pool", "demo", "--max-concurrency", "1"},
               "192.0.2.1:80\n192.0.2.2:80\n192.0.2.3:80\n192.0.2.4:80\n");
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  // Holds every proxy for longer than any test takes.
  std::vector<std::string> holding_agent() const {
    return {"agent",     store_,   "--pool",     "demo",   "--workers",    "4",
            "--hold-ms", "600000", "--consumer", "tester", "--duration-s", "600"};
  }

  std::size_t held() const {
    return count_of(pharox({"dump", store_, "--json", "--what", "leases"}).out,
                    "\"type\":\"lease\"");
  }

  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
};

TEST_F(AgentTest, LeasesAndReportsForAWhile) {
  const CommandResult result =
      pharox({"agent", store_, "--pool", "demo", "--seconds", "1", "--workers", "2", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("\"recovered\":{\"pools\":1,\"consumers\":0,\"proxies\":4"),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("\"p99_us\":"), std::string::npos);
  EXPECT_NE(result.err.find("pairs/s"), std::string::npos) << result.err;
  EXPECT_EQ(held(), 0u);
}

TEST_F(AgentTest, ACtrlCReleasesWhatIsHeld) {
  RunningCommand agent(holding_agent());
  ASSERT_TRUE(agent.await("4 leases")) << agent.err();
  agent.send(SIGINT);
  const CommandResult result = agent.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("4 pairs"), std::string::npos) << result.out;
  EXPECT_EQ(held(), 0u);
}

TEST_F(AgentTest, AKilledOneLeavesItsLeasesToTheNext) {
  RunningCommand agent(holding_agent());
  ASSERT_TRUE(agent.await("4 leases")) << agent.err();
  agent.send(SIGKILL);
  EXPECT_EQ(agent.wait().exit_code, 128 + SIGKILL);
  EXPECT_EQ(held(), 4u);
  const CommandResult next = pharox({"agent", store_, "--pool", "demo", "--seconds", "1"});
  EXPECT_EQ(next.exit_code, 0);
  EXPECT_NE(next.err.find("4 active leases"), std::string::npos) << next.err;
  EXPECT_NE(next.err.find("4 are still held"), std::string::npos) << next.err;
  EXPECT_TRUE(next.out.starts_with("0 pairs")) << next.out;
  EXPECT_EQ(pharox({"verify", store_}).exit_code, 0);
}

TEST_F(AgentTest, FiltersNarrowTheChoice) {
  const CommandResult result =
      pharox({"agent", store_, "--pool", "demo", "--seconds", "1", "--country", "DE", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("\"pairs\":0"), std::string::npos) << result.out;
}

TEST_F(AgentTest, OthersReadBesideItAndMayNotWrite) {
  RunningCommand agent(holding_agent());
  ASSERT_TRUE(agent.await("4 leases")) << agent.err();

  const CommandResult dump = pharox({"dump", store_, "--consumer", "tester"});
  EXPECT_EQ(dump.exit_code, 0);
  EXPECT_NE(dump.err.find("open in pid "), std::string::npos) << dump.err;
  EXPECT_EQ(count_of(dump.out, " tester "), 4u) << dump.out;
  const CommandResult stats = pharox({"stats", store_, "--json"});
  EXPECT_EQ(stats.exit_code, 0);
  EXPECT_NE(stats.out.find("\"leased_proxies\":4,\"total_leases\":4"), std::string::npos)
      << stats.out;
  EXPECT_EQ(pharox({"verify", store_}).exit_code, 0);
  EXPECT_EQ(pharox({"pools", store_}).exit_code, 0);
  EXPECT_EQ(
      pharox({"import", store_, "-", "--pool", "demo", "--dry-run"}, "192.0.2.9:80\n").exit_code,
      0);

  const CommandResult import = pharox({"import", store_, "-", "--pool", "demo"}, "192.0.2.9:80\n");
  EXPECT_EQ(import.exit_code, 4);
  EXPECT_NE(import.err.find("has the store open"), std::string::npos) << import.err;
  EXPECT_EQ(pharox({"agent", store_, "--pool", "demo", "--seconds", "1"}).exit_code, 4);

  agent.send(SIGTERM);
  EXPECT_EQ(agent.wait().exit_code, 0);
}

}  // namespace
}  // namespace pharox::tests
