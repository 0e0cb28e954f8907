// Public lists that nobody here wrote, when they are beside the clone.
#include <gtest/gtest.h>

#include "tests/tools/pharox_command.h"

namespace pharox::tests {
namespace {

class RealListsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("PHAROX_SHARED_DATA");
    data_ = given != nullptr ? given : PHAROX_SHARED_DATA;
    if (!std::filesystem::exists(data_ / "proxies-geo.json")) {
      GTEST_SKIP() << "no public lists in " << data_ << "; PHAROX_SHARED_DATA names their folder";
    }
  }

  void import(const char* name, const std::string& expected) {
    const CommandResult result =
        pharox({"import", store_, (data_ / name).string(), "--pool", name});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, expected);
  }

  std::filesystem::path data_;
  TempFolder folder_;
  const std::string store_ = (folder_.path() / "store").string();
};

TEST_F(RealListsTest, UrlsImportWholly) {
  import("proxies-urls.txt", "read 492, added 492, updated 0, unchanged 0, bad 0\n");
  import("proxies-urls.txt", "read 492, added 0, updated 0, unchanged 492, bad 0\n");
}

TEST_F(RealListsTest, GeoDataArrives) {
  import("proxies-geo.json", "read 492, added 492, updated 0, unchanged 0, bad 0\n");
  const std::string dump = pharox({"dump", store_, "--json", "--what", "proxies"}).out;
  EXPECT_EQ(count_of(dump, "\"type\":\"proxy\""), 492u);
  for (const char* field :
       {"\"country\":", "\"city\":", "\"latitude\":", "\"longitude\":", "\"asn\":", "\"isp\":"}) {
    EXPECT_GT(count_of(dump, field), 300u) << field;
  }
  const auto at = dump.find("\"host\":\"144.31.222.106\"");
  ASSERT_NE(at, std::string::npos);
  const std::string line = dump.substr(at, dump.find('\n', at) - at);
  EXPECT_NE(line.find(R"("country":"RU","city":"Moscow","latitude":55.7487,"longitude":37.6187,)"
                      R"("isp":"Cloudflare, Inc.","asn":13335)"),
            std::string::npos)
      << line;
}

}  // namespace
}  // namespace pharox::tests
