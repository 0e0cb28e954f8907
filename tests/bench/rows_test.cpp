// The benchmark has the rows that its readers look for, each under its own name.
#include "bench/rows.h"

#include <gtest/gtest.h>

#include <set>

#include "bench/stage.h"

namespace pharox::bench {
namespace {

std::set<std::string> names_at(const Scale& scale) {
  std::set<std::string> names;
  for (const Row& row : all_rows(scale, std::make_shared<Stage>())) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " twice";
  }
  return names;
}

TEST(Rows, AskEverySelectorWithEveryFilterAtEveryOccupancyAndSize) {
  const std::set<std::string> names = names_at({});
  for (const char* what : {"Select", "Pair"}) {
    for (const char* selector : {"first_available", "least_used", "round_robin"}) {
      for (const char* filter :
           {"none", "country_half", "country_1pct", "one_match", "exhausted", "and_disjoint",
            "and_3", "any_of_5", "none_of", "geo_50km", "geo_2000km", "nested"}) {
        for (const char* occupancy : {"0", "50", "99.9"}) {
          for (const char* proxies : {"1000", "32000", "1000000"}) {
            const std::string name =
                std::string(what) + "/" + selector + "/" + filter + "/" + occupancy + "/" + proxies;
            EXPECT_TRUE(names.contains(name)) << name;
          }
        }
      }
    }
  }
}

TEST(Rows, AskThePeersAtTheSmallestAndTheLargestSize) {
  const std::set<std::string> names = names_at({});
  for (const char* proxies : {"1000", "1000000"}) {
    for (const char* peer : {"LinearScan/Select", "SQLite/memory/Select", "SQLite/memory/Pair",
                             "SQLite/wal_normal/Pair", "SQLite/wal_full/Pair"}) {
      const std::string name = std::string(peer) + "/least_used/none/50/" + proxies;
      EXPECT_TRUE(names.contains(name)) << name;
    }
  }
}

TEST(Rows, HaveTheWorkThatIsNoChoice) {
  const std::set<std::string> names = names_at({});
  for (const char* name :
       {"Mixed/in_order/1000000", "Mixed/out_of_order/1000000", "Health/in_order/1000000",
        "Health/out_of_order/1000000", "Filters/10000_in_turn/1000000",
        "Bulk/add_proxies_bulk/1000000", "Expiry/1000000", "Opening/half_due/1000000",
        "Opening/scan/1000000", "Wheel/schedule_cancel/1000", "Wheel/schedule_cancel/10000000",
        "Yardstick/mutex_unordered_map/1000000", "Yardstick/first_touch", "Yardstick/stalls",
        "Yardstick/stalls/all_cpus"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST(Rows, HaveWhatDurabilityIsDividedBy) {
  const std::set<std::string> names = names_at({});
  for (const char* name : {"sync/1",
                           "sync/64",
                           "sync/1024",
                           "sync/64_threads",
                           "process/1",
                           "process/1024",
                           "raw/fdatasync",
                           "raw/synced/1",
                           "raw/synced/64_threads",
                           "raw/synced/batch_1024",
                           "raw/synced/batch_256",
                           "raw/unsynced/1",
                           "raw/unsynced/batch_256",
                           "raw/unsynced/batch_32",
                           "SQLite/full/1",
                           "SQLite/full/1_one_index",
                           "SQLite/full/64_in_transaction",
                           "SQLite/full/64_in_transaction_one_index",
                           "SQLite/normal/1",
                           "SQLite/normal/1_one_index"}) {
    EXPECT_TRUE(names.contains("Durable/" + std::string(name))) << name;
  }
}

TEST(Rows, HaveWhatWaitingIsComparedWith) {
  const std::set<std::string> names = names_at({});
  for (const char* name : {"threads", "raw/threads", "coroutines/1024"}) {
    EXPECT_TRUE(names.contains("Wait/" + std::string(name))) << name;
  }
}

TEST(Rows, OnRequestAskThePeersEverythingAndTenMillion) {
  const Scale scale{.every_peer = true, .ten_million = true};
  const std::set<std::string> names = names_at(scale);
  EXPECT_TRUE(names.contains("SQLite/wal_full/Select/round_robin/nested/99.9/1000000"));
  EXPECT_TRUE(names.contains("Select/first_available/none/50/10000000"));
}

}  // namespace
}  // namespace pharox::bench
