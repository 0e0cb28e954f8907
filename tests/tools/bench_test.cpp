// pharox bench: what it measures, and what it leaves alone.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <map>

#include "format/json_text.h"
#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

using format::Json;

class BenchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const CommandResult result =
        pharox({"import", store_, "-", "--pool", "demo", "--max-concurrency", "1"},
               "host,port,country\n192.0.2.1,80,DE\n192.0.2.2,80,DE\n192.0.2.3,80,FR\n"
               "192.0.2.4,80,FR\n");
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  CommandResult bench(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "bench");
    return pharox(arguments);
  }
  // Of one selector, to be quick.
  Json json_of(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "--selector", "least_used"});
    const CommandResult result = bench(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? Json::parse(result.out) : Json();
  }

  // Every file of the store, by name.
  std::map<std::string, std::string> store_files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_)) {
      if (entry.is_regular_file()) files[entry.path().string()] = read_file(entry.path());
    }
    return files;
  }
  // What lies beside the store.
  std::vector<std::filesystem::path> scratch() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path() != store_) found.push_back(entry.path());
    }
    return found;
  }

  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
};

TEST_F(BenchTest, TheTableHasEverySelectorTwice) {
  const CommandResult result = bench({store_, "--pool", "demo", "--country", "DE"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(result.out.starts_with(
      "pool demo: 4 proxies, 4 available, 2 match the filters; on disk, durability sync, 1 "
      "thread\n"))
      << result.out;
  for (const char* selector : {"first_available", "least_used", "round_robin"}) {
    EXPECT_EQ(count_of(result.out, selector), 2u) << result.out;
  }
  EXPECT_EQ(count_of(result.out, " select "), 3u) << result.out;
  EXPECT_EQ(count_of(result.out, " pair "), 3u) << result.out;
}

TEST_F(BenchTest, TheJsonHasEveryFigure) {
  const Json json = json_of({store_, "--pool", "demo", "--memory", "--threads", "2"});
  EXPECT_EQ(json.at("pool"), "demo");
  EXPECT_EQ(json.at("proxies"), 4);
  EXPECT_EQ(json.at("available"), 4);
  EXPECT_EQ(json.at("matching"), 4);
  EXPECT_EQ(json.at("durability"), "none");
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_EQ(json.at("seconds_each"), 1);
  ASSERT_EQ(json.at("rows").size(), 2u);
  for (const Json& row : json.at("rows")) {
    EXPECT_EQ(row.at("selector"), "least_used");
    EXPECT_GT(row.at("per_second"), 100.0);
    EXPECT_EQ(row.at("miss_share"), 0.0);
    EXPECT_EQ(row.at("misses").at("count"), 0);
    const Json& hits = row.at("hits");
    EXPECT_GT(hits.at("count"), 100);
    EXPECT_GT(hits.at("p50_ns"), 0);
    EXPECT_LE(hits.at("p50_ns"), hits.at("p90_ns"));
    EXPECT_LE(hits.at("p90_ns"), hits.at("p99_ns"));
    EXPECT_LE(hits.at("p99_ns"), hits.at("max_ns"));
  }
  EXPECT_EQ(json.at("rows")[0].at("operation"), "select");
  EXPECT_EQ(json.at("rows")[1].at("operation"), "pair");
}

TEST_F(BenchTest, TheStoreStaysAsItIsByteForByteAndNothingLiesBesideIt) {
  const auto before = store_files();
  json_of({store_, "--pool", "demo", "--durability", "process"});
  json_of({store_, "--pool", "demo", "--memory"});
  EXPECT_EQ(store_files(), before);
  EXPECT_TRUE(scratch().empty());
}

TEST_F(BenchTest, AnAgentMayHaveTheStoreOpen) {
  RunningCommand agent({"agent", store_, "--pool", "demo", "--workers", "4", "--hold-ms", "600000",
                        "--duration-s", "600"});
  ASSERT_TRUE(agent.await("4 leases")) << agent.err();
  const Json json = json_of({store_, "--pool", "demo"});
  // Its leases are its own: the copies are free.
  EXPECT_EQ(json.at("available"), 4);
  EXPECT_EQ(json.at("rows")[1].at("miss_share"), 0.0);
  agent.send(SIGTERM);
  EXPECT_EQ(agent.wait().exit_code, 0);
}

TEST_F(BenchTest, ACtrlCLeavesNothingBehind) {
  RunningCommand bench({"bench", store_, "--pool", "demo", "--seconds", "600"});
  ASSERT_TRUE(bench.await("measuring")) << bench.err();
  const auto folders = scratch();
  ASSERT_EQ(folders.size(), 1u);
  struct stat status {};
  ASSERT_EQ(::stat(folders[0].c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  bench.send(SIGINT);
  const CommandResult result = bench.wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("stopped before the end"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_TRUE(scratch().empty());
}

TEST_F(BenchTest, AnUnknownPoolIsNamedAndLeavesNothingBehind) {
  const CommandResult result = bench({store_, "--pool", "other"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.err.find("has no pool 'other'"), std::string::npos) << result.err;
  EXPECT_TRUE(scratch().empty());
  EXPECT_EQ(bench({(folder_.path() / "nowhere").string(), "--pool", "demo"}).exit_code, 1);
}

TEST_F(BenchTest, WhatMatchesNothingIsMeasuredAsMisses) {
  const CommandResult result =
      bench({store_, "--pool", "demo", "--memory", "--country", "XX", "--selector", "round_robin"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.err.find("no proxy matches the filters"), std::string::npos) << result.err;
  EXPECT_EQ(count_of(result.out, "100.00 %"), 2u) << result.out;
}

TEST_F(BenchTest, OccupancyLeasesThatShareOfTheProxies) {
  EXPECT_EQ(json_of({store_, "--pool", "demo", "--occupancy", "50"}).at("available"), 2);
  const Json full = json_of({store_, "--pool", "demo", "--memory", "--occupancy", "100"});
  EXPECT_EQ(full.at("available"), 0);
  EXPECT_EQ(full.at("rows")[0].at("miss_share"), 1.0);
  EXPECT_GT(full.at("rows")[0].at("misses").at("p50_ns"), 0);
}

TEST_F(BenchTest, AListOrMadeUpProxiesNeedNoStore) {
  const CommandResult list =
      pharox({"bench", "--memory", "--list", "-", "--selector", "least_used", "--json"},
             "192.0.2.1:80\nbad\n192.0.2.2:80\n");
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_EQ(Json::parse(list.out).at("proxies"), 2);
  EXPECT_NE(list.err.find("line 2: there is no port"), std::string::npos) << list.err;

  const std::vector<std::string> made_up{"--memory", "--proxies", "2000", "--country", "DE"};
  const Json once = json_of(made_up);
  EXPECT_EQ(once.at("proxies"), 2000);
  EXPECT_GT(once.at("matching"), 100);
  EXPECT_EQ(json_of(made_up).at("matching"), once.at("matching"));  // the same ones
}

TEST_F(BenchTest, WhatMakesNoSenseIsAUsageError) {
  const std::vector<std::vector<std::string>> misuses{
      {},
      {store_},
      {"--pool", "demo", "--memory"},
      {"--proxies", "10"},
      {"--memory", "--proxies", "0"},
      {"--memory", "--proxies", "few"},
      {"--memory", "--proxies", "10", "--list", "-"},
      {"--memory", "--format", "csv"},
      {"--memory", "--list", "-", "--format", "xml"},
      {"--memory", "--durability", "sync"},
      {"--memory", "--occupancy", "101"},
      {"--memory", "--occupancy", "nan"},
      {"--memory", "--threads", "0"},
      {"--memory", "--seconds", "0"},
      {"--memory", "--selector", "best"},
      {"--memory", "--lat", "52.5"},
      {"--memory", "--lat", "91", "--lon", "0"},
      {store_, "--pool", "demo", "--proxies", "10"},
      {store_, "--pool", "demo", "--memory", "--list", "-"},
      {store_, "--pool", "demo", "--radius-km", "5"},
  };
  for (const auto& arguments : misuses) {
    const CommandResult result = bench(arguments);
    EXPECT_EQ(result.exit_code, 2) << ::testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
  EXPECT_TRUE(scratch().empty());
}

}  // namespace
}  // namespace pharox::tests
