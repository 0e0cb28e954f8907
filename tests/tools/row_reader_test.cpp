// What all formats have in common: how they are told apart, and what makes a row complete.
#include <gtest/gtest.h>

#include "tests/tools/rows_in.h"

namespace pharox::tests {
namespace {

using tools::ListFormat;

TEST(ListFormat, IsToldByTheFirstBytes) {
  const std::pair<const char*, ListFormat> cases[] = {
      {"[{\"host\":1}]", ListFormat::json},
      {" \n [ ]", ListFormat::json},
      {"{\"host\":1}\n", ListFormat::jsonl},
      {"ip,port\n", ListFormat::csv},
      {"country,\"IP Address\",port\r\n", ListFormat::csv},
      {"[2001:db8::1]:80\n", ListFormat::urls},
      {"http://192.0.2.1:80\n", ListFormat::urls},
      {"192.0.2.1:80  good, fast\n", ListFormat::urls},
      {"# ip, port\n192.0.2.1:80\n", ListFormat::urls},
      {"", ListFormat::urls},
  };
  for (const auto& [text, format] : cases) {
    EXPECT_EQ(tools::detect_format(text), format) << text;
  }
}

TEST(UrlRows, AreCountedByLineThroughCrlfBomAndComments) {
  const ReadRows rows =
      rows_in("\xEF\xBB\xBFhttp://192.0.2.1:80\r\n\r\n# no\r\nbad\r\n192.0.2.2:80",
              ListFormat::urls, ProxyProtocol::socks5);
  ASSERT_EQ(rows.good.size(), 2u);
  EXPECT_EQ(rows.good[0].protocol, ProxyProtocol::http);
  EXPECT_EQ(rows.good[1].protocol, ProxyProtocol::socks5);
  EXPECT_EQ(rows.bad, (std::vector<std::string>{"4: there is no port"}));
}

TEST(UrlRows, AnEndlessLineIsABadRow) {
  const ReadRows rows = rows_in(std::string(3'000'000, 'x') + "\n192.0.2.1:80\n", ListFormat::urls);
  EXPECT_EQ(rows.bad, (std::vector<std::string>{"1: the row is longer than 64 KiB"}));
  EXPECT_EQ(rows.good.size(), 1u);
}

TEST(CompleteRow, HostsHaveOneSpelling) {
  const ReadRows rows =
      rows_in("http://PROXY.Example:80\n[2001:DB8:0:0::1]:80\n[192.0.2.1]:80\n[nonsense::x]:80\n",
              ListFormat::urls);
  ASSERT_EQ(rows.good.size(), 3u);
  EXPECT_EQ(rows.good[0].host, "proxy.example");
  EXPECT_EQ(rows.good[1].host, "2001:db8::1");
  EXPECT_EQ(rows.good[2].host, "192.0.2.1");
  EXPECT_EQ(rows.bad, (std::vector<std::string>{"4: host has a colon but is no IPv6 address"}));
}

TEST(CompleteRow, TheRulesOfRecordsHold) {
  const ReadRows rows = rows_in("http://u:" + std::string(300, 'x') + "@192.0.2.1:80\n" +
                                    "http://u\xFF:p@192.0.2.1:80\n" + "http://u:***@192.0.2.1:80\n",
                                ListFormat::urls);
  EXPECT_TRUE(rows.good.empty());
  ASSERT_EQ(rows.bad.size(), 3u);
  EXPECT_EQ(rows.bad[0].find("xxx"), std::string::npos) << rows.bad[0];
  EXPECT_EQ(rows.bad[2], "3: the password is masked: dump with --show-secrets");
}

}  // namespace
}  // namespace pharox::tests
