// CSV lists: quoting, headers, and rows that are wrong.
#include <gtest/gtest.h>

#include "pharox/errors.h"
#include "tests/tools/rows_in.h"

namespace pharox::tests {
namespace {

ReadRows csv(const std::string& text) { return rows_in(text, tools::ListFormat::csv); }

TEST(Csv, ColumnsComeInAnyOrderUnderTheirUsualNames) {
  const ReadRows rows =
      csv("Country Code,LAT,lng,Type,IP,PORT,Username,Password,AS-Number,Org,City,concurrency\r\n"
          "DE,52.5,-13.4,SOCKS5,192.0.2.1,1080,u, p ,AS64500,Example Net,Berlin,3\r\n");
  ASSERT_EQ(rows.good.size(), 1u);
  const tools::ImportRow& row = rows.good[0];
  EXPECT_EQ(row.country, "DE");
  EXPECT_EQ(row.latitude, 52.5);
  EXPECT_EQ(row.longitude, -13.4);
  EXPECT_EQ(row.protocol, ProxyProtocol::socks5);
  EXPECT_EQ(row.host, "192.0.2.1");
  EXPECT_EQ(row.port, 1080);
  EXPECT_EQ(row.user, "u");
  EXPECT_EQ(row.password, " p ");
  EXPECT_EQ(row.asn, 64500u);
  EXPECT_EQ(row.isp, "Example Net");
  EXPECT_EQ(row.city, "Berlin");
  EXPECT_EQ(row.max_concurrency, 3u);
}

TEST(Csv, QuotedCellsHoldCommasQuotesAndLineEnds) {
  const ReadRows rows =
      csv("ip,port,isp,city\n"
          "192.0.2.1,80,\"A, \"\"B\"\" and\nC\",X\n"
          "192.0.2.2,80,\"\",Y\n");
  ASSERT_EQ(rows.good.size(), 2u);
  EXPECT_EQ(rows.good[0].isp, "A, \"B\" and\nC");
  EXPECT_EQ(rows.good[0].city, "X");
  EXPECT_FALSE(rows.good[1].isp);
}

TEST(Csv, EmptyCellsSayNothing) {
  const ReadRows rows = csv("host,port,protocol,user,password,asn\n192.0.2.1,80,,,,\n");
  ASSERT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.good[0].protocol, ProxyProtocol::http);
  EXPECT_FALSE(rows.good[0].user);
  EXPECT_FALSE(rows.good[0].password);
  EXPECT_FALSE(rows.good[0].asn);
}

TEST(Csv, UnknownColumnsAreNamedAndIgnored) {
  const ReadRows rows = csv("ip,speed,port,uptime\n192.0.2.1,fast,80,99\n");
  EXPECT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.ignored, (std::vector<std::string>{"speed", "uptime"}));
}

TEST(Csv, TheFirstOfTwoColumnsThatMeanTheSameCounts) {
  const ReadRows rows = csv("ip,port,country_code,country\n192.0.2.1,80,DE,Germany\n");
  ASSERT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.good[0].country, "DE");
}

TEST(Csv, BadRowsAreReportedByTheLineOnWhichTheyBegin) {
  const ReadRows rows =
      csv("ip,port,password\n"
          "192.0.2.1,80\n"
          "192.0.2.2,\"80\"x,\n"
          "192.0.2.3,8\"0,\n"
          "\n"
          "192.0.2.4,eighty,\n"
          "192.0.2.5,80,hunter2\n"
          "192.0.2.6,80,\"\"\n"
          "192.0.2.7,80,\"open\n");
  EXPECT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.bad, (std::vector<std::string>{
                          "2: the row has 2 cells, the header 3",
                          "3: there is text behind a quoted cell",
                          "4: a quote stands inside an unquoted cell",
                          "6: port 'eighty' is not a number from 1 to 65535",
                          "7: there is a password but no user",
                          "9: a quoted cell is not closed",
                      }));
}

TEST(Csv, AGiantRowIsSkippedAndTheNextOneRead) {
  const ReadRows rows = csv("ip,port\n" + std::string(1'000'000, 'x') + ",80\n192.0.2.1,80\n");
  EXPECT_EQ(rows.bad, (std::vector<std::string>{"2: the row is too long"}));
  EXPECT_EQ(rows.good.size(), 1u);
}

TEST(Csv, AHeaderWithoutHostOrPortIsAnError) {
  EXPECT_THROW(csv("port,city\n80,X\n"), PharoxError);
  EXPECT_THROW(csv("ip,city\n192.0.2.1,X\n"), PharoxError);
  EXPECT_TRUE(csv("").good.empty());
}

}  // namespace
}  // namespace pharox::tests
