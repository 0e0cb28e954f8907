// JSON lists: the shapes that they come in, as arrays and as lines.
#include <gtest/gtest.h>

#include "pharox/errors.h"
#include "tests/tools/rows_in.h"

namespace pharox::tests {
namespace {

using tools::ListFormat;

tools::ImportRow row_of(const std::string& object) {
  const ReadRows rows = rows_in(object, ListFormat::jsonl);
  EXPECT_TRUE(rows.bad.empty()) << rows.bad.front();
  return rows.good.at(0);
}

TEST(JsonRow, OursIsRead) {
  const tools::ImportRow row =
      row_of(R"({"type":"proxy","id":"00000000-0000-4000-8000-000000000001","host":"192.0.2.1",)"
             R"("port":80,"protocol":"https","pool_id":"00000000-0000-4000-8000-000000000002",)"
             R"("status":"slow","checked_at":"2026-03-01T12:00:00.000000Z","current_leases":3,)"
             R"("credentials":{"user":"u","password":"p"},"source":"acme","country":"DE",)"
             R"("city":"Berlin","latitude":52.5,"longitude":13.4,"isp":"Example","asn":0,)"
             R"("max_concurrency":2})");
  EXPECT_EQ(row.protocol, ProxyProtocol::https);
  EXPECT_EQ(row.status, ProxyStatus::slow);
  EXPECT_EQ(row.checked_at, parse_timestamp("2026-03-01T12:00:00Z"));
  EXPECT_EQ(row.user, "u");
  EXPECT_EQ(row.password, "p");
  EXPECT_EQ(row.source, "acme");
  EXPECT_EQ(row.asn, 0u);
  EXPECT_EQ(row.max_concurrency, 2u);
}

TEST(JsonRow, FlatIsReadWithNumbersAsTexts) {
  const tools::ImportRow row =
      row_of(R"({"ip":"192.0.2.1","port":"8080","type":"SOCKS4","username":"u","pass":"p",)"
             R"("country_code":"DE","lat":"-33.5","lon":151,"asn":"AS64500","org":"Example"})");
  EXPECT_EQ(row.port, 8080);
  EXPECT_EQ(row.protocol, ProxyProtocol::socks4);
  EXPECT_EQ(row.latitude, -33.5);
  EXPECT_EQ(row.longitude, 151);
  EXPECT_EQ(row.asn, 64500u);
  EXPECT_EQ(row.isp, "Example");
}

TEST(JsonRow, NestedIsRead) {
  const tools::ImportRow row = row_of(
      R"({"protocol":"http","username":null,"password":null,"host":"192.0.2.1","port":80,)"
      R"("timeout":0.2,"exit_ip":"192.0.2.9",)"
      R"("asn":{"autonomous_system_number":64500,"autonomous_system_organization":"Example"},)"
      R"("geolocation":{"city":{"names":{"en":"Berlin"}},"country":{"iso_code":"DE"},)"
      R"("location":{"latitude":52.5,"longitude":13.4}}})");
  EXPECT_FALSE(row.user);
  EXPECT_EQ(row.asn, 64500u);
  EXPECT_EQ(row.isp, "Example");
  EXPECT_EQ(row.country, "DE");
  EXPECT_EQ(row.city, "Berlin");
  EXPECT_EQ(row.latitude, 52.5);
  EXPECT_EQ(row.longitude, 13.4);
}

TEST(JsonRow, EveryNestedLevelMayBeMissingOrNull) {
  for (const char* rest : {
           R"("asn":null,"geolocation":null)",
           R"("asn":{},"geolocation":{})",
           R"("asn":{"autonomous_system_number":null},"geolocation":{"city":null,"country":{}})",
           R"("geolocation":{"city":{"names":null},"location":{"latitude":null}})",
           R"("geolocation":{"city":{"names":{"de":"Berlin"}},"location":null})",
       }) {
    SCOPED_TRACE(rest);
    const auto row = row_of(std::string(R"({"host":"192.0.2.1","port":80,)") + rest + "}");
    EXPECT_FALSE(row.asn || row.isp || row.country || row.city || row.latitude || row.longitude);
  }
}

TEST(JsonRow, BadRowsSayWhyWithoutTheirPasswords) {
  const ReadRows rows = rows_in(R"({"host":"192.0.2.1","port":80,"password":"hunter2)"
                                "\n"
                                R"({"host":"192.0.2.1","port":80.5})"
                                "\n"
                                R"({"host":"192.0.2.1"})"
                                "\n"
                                R"({"port":80})"
                                "\n"
                                R"([1])"
                                "\n\n"
                                R"({"host":["192.0.2.1"],"port":80})"
                                "\n"
                                R"({"host":"192.0.2.1","port":80,"user":"u","password":"***"})"
                                "\n"
                                R"({"host":"192.0.2.1","port":80,"latitude":91,"longitude":0})"
                                "\n",
                                ListFormat::jsonl);
  EXPECT_TRUE(rows.good.empty());
  ASSERT_EQ(rows.bad.size(), 8u);
  EXPECT_TRUE(rows.bad[0].starts_with("1: JSON text is malformed")) << rows.bad[0];
  EXPECT_EQ(rows.bad[1], "2: port '80.5' is not a number from 1 to 65535");
  EXPECT_EQ(rows.bad[2], "3: there is no port");
  EXPECT_EQ(rows.bad[3], "4: there is no host");
  EXPECT_EQ(rows.bad[4], "5: it is not a JSON object");
  EXPECT_EQ(rows.bad[5], "7: host is neither a text nor a number");
  EXPECT_EQ(rows.bad[6], "8: the password is masked: dump with --show-secrets");
  EXPECT_TRUE(rows.bad[7].find("latitude") != std::string::npos) << rows.bad[7];
  for (const std::string& reason : rows.bad) EXPECT_EQ(reason.find("hunter2"), reason.npos);
}

TEST(JsonArray, IsReadElementByElement) {
  const ReadRows rows = rows_in(
      R"( [ {"host":"a.example","port":1,"city":"],{\"[\\"} , {"host":"b.example","port":2},)"
      R"({"host":"c.example","port":x}, {"host":"d.example","port":4} ] )",
      ListFormat::json);
  ASSERT_EQ(rows.good.size(), 3u);
  EXPECT_EQ(rows.good[0].city, "],{\"[\\");
  EXPECT_EQ(rows.good[2].host, "d.example");
  ASSERT_EQ(rows.bad.size(), 1u);
  EXPECT_TRUE(rows.bad[0].starts_with("3: JSON text is malformed")) << rows.bad[0];
  EXPECT_FALSE(rows.cut_off);
}

TEST(JsonArray, ThatIsCutOffSaysSo) {
  for (const char* text :
       {R"([{"host":"a.example","port":1},{"host":"b.ex)", R"([{"host":"a.example","port":1},)",
        R"([{"host":"a.example","port":1})"}) {
    SCOPED_TRACE(text);
    const ReadRows rows = rows_in(text, ListFormat::json);
    EXPECT_EQ(rows.good.size(), 1u);
    EXPECT_EQ(rows.bad, (std::vector<std::string>{"2: the input ends inside the JSON array"}));
    EXPECT_TRUE(rows.cut_off);
  }
}

TEST(JsonArray, AGiantElementIsSkipped) {
  const ReadRows rows =
      rows_in(R"([{"host":")" + std::string(200'000, 'x') + R"("},{"host":"b.example","port":2}])",
              ListFormat::json);
  EXPECT_EQ(rows.good.size(), 1u);
  EXPECT_EQ(rows.bad, (std::vector<std::string>{"1: the row is longer than 64 KiB"}));
}

TEST(JsonArray, WhatIsNoneIsAnError) {
  EXPECT_THROW(rows_in(R"({"host":"a"})", ListFormat::json), PharoxError);
  EXPECT_THROW(rows_in("", ListFormat::json), PharoxError);
  EXPECT_THROW(rows_in("[] x", ListFormat::json), PharoxError);
  EXPECT_TRUE(rows_in(" [ ] \n", ListFormat::json).good.empty());
}

}  // namespace
}  // namespace pharox::tests
