#include "format/json_text.h"

#include <gtest/gtest.h>

#include "pharox/errors.h"
#include "refusal_of.h"
#include "sample_records.h"

namespace pharox::format::testing {
namespace {

template <typename Call>
std::string refusal(Call call) {
  return message_of<InvalidArgumentError>(call);
}

std::string parse_refusal(const std::string& text) {
  return refusal([&] { parse_json(text); });
}

// What proxy_from_json says of the full proxy with one field replaced.
std::string proxy_refusal(const char* field, const Json& value) {
  Json json = to_json(full_proxy(), Secrets::show);
  json[field] = value;
  return refusal([&] { proxy_from_json(json); });
}

template <typename Record>
Json reparsed(const Record& record) {
  return parse_json(to_json(record).dump());
}

TEST(JsonText, RecordsRoundTrip) {
  EXPECT_EQ(pool_from_json(reparsed(full_pool())), full_pool());
  EXPECT_EQ(pool_from_json(reparsed(bare_pool())), bare_pool());
  EXPECT_EQ(consumer_from_json(reparsed(full_consumer())), full_consumer());
  EXPECT_EQ(health_from_json(reparsed(full_health())), full_health());
  EXPECT_EQ(health_from_json(reparsed(bare_health())), bare_health());
  for (const Proxy& proxy : {full_proxy(), bare_proxy()}) {
    EXPECT_EQ(proxy_from_json(parse_json(to_json(proxy, Secrets::show).dump())), proxy);
  }
}

TEST(JsonText, LeaseRoundTripsWithoutItsBoot) {
  for (StoredLease stored : {active_lease(), ended_lease()}) {
    const StoredLease read = lease_from_json(reparsed(stored));
    stored.boot_id = Uuid{};
    stored.deadline_since_boot = Duration::zero();
    EXPECT_EQ(read, stored);
  }
}

TEST(JsonText, FieldsAreNamedAsInTheContract) {
  EXPECT_EQ(to_json(full_proxy(), Secrets::mask).dump(),
            R"({"id":"a0000000-0000-0000-0000-000000000003","host":"2001:db8::1","port":65535,)"
            R"("protocol":"socks5","pool_id":"a0000000-0000-0000-0000-000000000001",)"
            R"("status":"banned","checked_at":"2026-08-22T09:30:00.000001Z",)"
            R"("credentials":{"user":"user","password":"***"},"source":"provider",)"
            R"("country":"CH","city":"Zürich","latitude":47.3769,"longitude":-8.5417,)"
            R"("isp":"Example AG","asn":64512,"max_concurrency":3})");
  EXPECT_EQ(to_json(ended_lease()).dump(),
            R"({"id":"a0000000-0000-0000-0000-000000000004",)"
            R"("proxy_id":"a0000000-0000-0000-0000-000000000003",)"
            R"("consumer_id":"a0000000-0000-0000-0000-000000000002",)"
            R"("pool_id":"a0000000-0000-0000-0000-000000000001","pool_name":"résidentiel",)"
            R"("status":"released","acquired_at":"2026-08-22T09:30:00.000001Z",)"
            R"("expires_at":"2026-08-22T09:35:00.000001Z",)"
            R"("released_at":"2026-08-22T09:30:42.000001Z","end_reason":"deleted",)"
            R"("token":72623859790382856,"duration_us":300000000})");
  EXPECT_EQ(to_json(PoolStatsSnapshot{"p", 5, 4, 3, 2, 1, kNoon}).dump(),
            R"({"pool_name":"p","total_proxies":5,"active_proxies":4,"available_proxies":3,)"
            R"("leased_proxies":2,"total_leases":1,)"
            R"("collected_at":"2026-08-22T09:30:00.000001Z"})");
}

TEST(JsonText, AbsentFieldsAreLeftOut) {
  EXPECT_EQ(to_json(bare_pool()).dump(),
            R"({"id":"a0000000-0000-0000-0000-000000000001","name":"p"})");
  EXPECT_FALSE(to_json(active_lease()).contains("released_at"));
}

TEST(JsonText, UnknownFieldIsRefused) {
  EXPECT_EQ(proxy_refusal("prot", 1), "proxy has no field \"prot\"");
  EXPECT_EQ(proxy_refusal("current_leases", 1), "proxy has no field \"current_leases\"");
  EXPECT_EQ(proxy_refusal("credentials", {{"user", "u"}, {"password", "p"}, {"token", "t"}}),
            "proxy.credentials has no field \"token\"");
}

TEST(JsonText, MissingFieldIsRefused) {
  Json json = to_json(full_proxy(), Secrets::show);
  json.erase("port");
  EXPECT_EQ(refusal([&] { proxy_from_json(json); }), "proxy.port is missing");
  EXPECT_EQ(refusal([&] { pool_from_json(Json::object()); }), "pool.name is missing");
}

TEST(JsonText, FieldsWithADefaultMayBeMissing) {
  const Proxy proxy =
      proxy_from_json(parse_json(R"({"host":"h","port":8080,"protocol":"http",)"
                                 R"("pool_id":"a0000000-0000-0000-0000-000000000001"})"));
  EXPECT_FALSE(proxy.id.is_nil());
  EXPECT_EQ(proxy.status, ProxyStatus::inactive);
  EXPECT_FALSE(proxy.credentials);
}

TEST(JsonText, WrongTypesAreRefused) {
  EXPECT_EQ(proxy_refusal("port", "8080"),
            "proxy.port is \"8080\"; it must be a whole number from 0 to 65535");
  EXPECT_EQ(proxy_refusal("port", 8080.0),
            "proxy.port is 8080.0; it must be a whole number from 0 to 65535");
  EXPECT_EQ(proxy_refusal("port", 65536),
            "proxy.port is 65536; it must be a whole number from 0 to 65535");
  EXPECT_EQ(proxy_refusal("port", -1),
            "proxy.port is -1; it must be a whole number from 0 to 65535");
  EXPECT_EQ(proxy_refusal("host", 5), "proxy.host is 5; it must be a text");
  EXPECT_EQ(proxy_refusal("city", nullptr), "proxy.city is null; it must be a text");
  EXPECT_EQ(proxy_refusal("isp", Json::array()), "proxy.isp is an array; it must be a text");
  EXPECT_EQ(proxy_refusal("latitude", "1"), "proxy.latitude is \"1\"; it must be a number");
  EXPECT_EQ(proxy_refusal("id", "x"), "proxy.id is \"x\"; it must be a UUID");
  EXPECT_EQ(proxy_refusal("status", "Active"),
            "proxy.status is \"Active\"; it must be one of: active, inactive, slow, banned");
  EXPECT_TRUE(contains(proxy_refusal("checked_at", "yesterday"), "proxy.checked_at is"));
  EXPECT_EQ(refusal([] { proxy_from_json(Json::array()); }),
            "proxy is an array; it must be an object");
}

TEST(JsonText, BrokenRuleIsRefused) {
  EXPECT_EQ(proxy_refusal("port", 0), "proxy.port is 0; it must be from 1 to 65535");
  EXPECT_TRUE(contains(proxy_refusal("latitude", 91), "proxy.latitude is 91"));
}

TEST(JsonText, MaskedPasswordIsRefused) {
  const Json json = to_json(full_proxy(), Secrets::mask);
  EXPECT_EQ(refusal([&] { proxy_from_json(json); }),
            "proxy.credentials.password is masked; it must be the real one");
}

TEST(JsonText, RefusalNeverShowsThePassword) {
  for (const Json& credentials :
       {Json("user:hunter2"), Json({{"user", "u"}, {"password", {"hunter2"}}}),
        Json({{"user", "u"}, {"password", 112233}}), Json({{"password", "hunter2"}}),
        Json({{"user", {{"hunter2", 1}}}, {"password", "hunter2"}})}) {
    const std::string message = proxy_refusal("credentials", credentials);
    EXPECT_TRUE(contains(message, "proxy.credentials")) << message;
    EXPECT_FALSE(contains(message, "hunter2")) << message;
    EXPECT_FALSE(contains(message, "112233")) << message;
  }
}

TEST(ParseJson, MalformedTextIsRefusedWithoutQuotingIt) {
  EXPECT_EQ(parse_refusal(R"({"password":"hunter2)"), "JSON text is malformed at byte 21");
  EXPECT_EQ(parse_refusal(""), "JSON text is malformed at byte 1");
  EXPECT_EQ(parse_refusal("{} {}"), "JSON text is malformed at byte 4");
  EXPECT_TRUE(contains(parse_refusal("\"\xff\""), "malformed"));
  EXPECT_EQ(parse_refusal("[1e999]"), "JSON text holds a number that is out of range");
}

TEST(ParseJson, RepeatedFieldIsRefused) {
  EXPECT_EQ(parse_refusal(R"({"a":{"b":1},"c":[{"b":2}],"a":3})"),
            "JSON object has the field \"a\" twice");
  EXPECT_EQ(parse_refusal(R"({"a":{"a":1},"b":[{"a":2},{"a":3}]})"), "(accepted)");
}

TEST(ParseJson, DepthIsLimited) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(parse_refusal(nested(64)), "(accepted)");
  EXPECT_EQ(parse_refusal(nested(65)), "JSON text is nested deeper than 64 levels");
  EXPECT_EQ(parse_refusal(nested(500'000)), "JSON text is nested deeper than 64 levels");
}

TEST(ParseJson, SizeIsLimited) {
  const std::string padding(1 << 20, ' ');
  EXPECT_EQ(parse_refusal(padding.substr(2) + "{}"), "(accepted)");
  EXPECT_EQ(parse_refusal(padding.substr(1) + "{}"),
            "JSON text is 1048577 bytes long; it must be at most 1048576");
}

TEST(ParseJson, NumberOfFieldsIsLimited) {
  std::string text = "{";
  for (int i = 0; i < 1025; ++i) text += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
  EXPECT_EQ(parse_refusal(text + "}"), "JSON object has more than 1024 fields");
}

}  // namespace
}  // namespace pharox::format::testing
