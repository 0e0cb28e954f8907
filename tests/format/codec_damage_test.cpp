// Damaged bytes are refused with the table, the key and the reason: by the checksum, and, where
// that was made to match, by what stands behind it.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "format/codec.h"
#include "format/keys.h"
#include "format/persisted.h"
#include "format/sealed_value.h"
#include "pharox/errors.h"
#include "refusal_of.h"
#include "sample_records.h"

namespace pharox::format::testing {
namespace {

struct Case {
  Table table;
  std::string key;
  std::string value;
  std::function<void(std::string_view, std::string_view)> decode;

  std::string place() const { return std::string(table_name(table)) + "/" + key_text(key) + ": "; }

  std::string complaint(std::string_view bytes) const {
    return message_of<CorruptionError>([&] { decode(key, bytes); });
  }
};

std::vector<Case> all_cases() {
  const Uuid pool_id = id_of(1);
  return {
      {Table::pools, uuid_key(id_of(1)), encode(full_pool()), decode_pool},
      {Table::consumers, uuid_key(id_of(2)), encode(full_consumer()), decode_consumer},
      {Table::proxies, uuid_key(id_of(3)), encode(full_proxy()), decode_proxy},
      {Table::leases, uuid_key(id_of(4)), encode(active_lease()), decode_lease},
      {Table::leases, uuid_key(id_of(4)), encode(ended_lease(), 77), decode_lease},
      {Table::health, uuid_key(id_of(3)), encode(full_health()), decode_health},
      {Table::meta, std::string(kTokenMarkKey), encode_number(kTokenMarkKey, 5), decode_number},
      {Table::meta, std::string(kBootAnchorKey), encode(boot_anchor()), decode_boot_anchor},
      {Table::meta, cursor_key(pool_id), encode_cursor(pool_id, id_of(3)), decode_cursor},
  };
}

std::string sealed(std::string_view key, std::string buffer) {
  seal(key, buffer);
  return buffer;
}

std::string unsealed(const Case& c) { return c.value.substr(0, c.value.size() - kSealSize); }

TEST(DamagedValue, FlippedByteIsCorruption) {
  for (const Case& c : all_cases()) {
    EXPECT_EQ(c.complaint(c.value), "(accepted)");
    for (std::size_t i = 0; i < c.value.size(); ++i) {
      for (const char mask : {'\x01', '\x80', '\xff'}) {
        std::string damaged = c.value;
        damaged[i] ^= mask;
        ASSERT_EQ(c.complaint(damaged), c.place() + "checksum does not match") << i;
      }
    }
  }
}

TEST(DamagedValue, TruncationIsCorruption) {
  for (const Case& c : all_cases()) {
    for (std::size_t length = 0; length < c.value.size(); ++length) {
      ASSERT_TRUE(c.complaint(c.value.substr(0, length)).starts_with(c.place())) << length;
    }
    EXPECT_TRUE(c.complaint(c.value + '\0').starts_with(c.place()));
  }
}

TEST(DamagedValue, ValueUnderAnotherKeyIsCorruption) {
  for (const Case& c : all_cases()) {
    std::string other = c.key;
    other.back() ^= 1;
    const std::string message = message_of<CorruptionError>([&] { c.decode(other, c.value); });
    EXPECT_TRUE(contains(message, key_text(other) + ": checksum does not match")) << message;
  }
}

TEST(DamagedValue, ResealedUnderAnotherKeyIsCorruption) {
  const Proxy proxy = full_proxy();
  const std::string other = uuid_key(id_of(8));
  std::string value = encode(proxy);
  value.resize(value.size() - kSealSize);
  EXPECT_EQ(
      message_of<CorruptionError>([&] { decode_proxy(other, sealed(other, value)); }),
      "proxies/" + key_text(other) + ": holds the record of another key, " + proxy.id.to_string());
}

TEST(DamagedValue, RecordOfAnotherKindIsCorruption) {
  const std::string key = uuid_key(id_of(1));
  Consumer consumer = full_consumer();
  consumer.id = id_of(1);
  EXPECT_EQ(message_of<CorruptionError>([&] { decode_pool(key, encode(consumer)); }),
            "pools/" + key_text(key) + ": not a record of kind PHPL");
}

TEST(DamagedValue, AnEndWithoutItsNumberIsCorruption) {
  const std::string key = uuid_key(id_of(4));
  const std::string place = "leases/" + key_text(key) + ": ";
  EXPECT_EQ(message_of<CorruptionError>([&] { decode_lease(key, encode(ended_lease())); }),
            place + "lease.end_number is 0; it must be above 0 once the lease has ended");
  EXPECT_EQ(message_of<CorruptionError>([&] { decode_lease(key, encode(active_lease(), 5)); }),
            place + "lease.end_number is 5; it must be 0 while the lease is active");
  EXPECT_TRUE(contains(message_of<CorruptionError>(
                           [&] { decode_lease(key, encode(ended_lease(), kMaxEndNumber + 1)); }),
                       "lease.end_number is 9223372036854775808; it must be at most"));
}

TEST(DamagedValue, TruncationIsCorruptionEvenWhenSealed) {
  for (const Case& c : all_cases()) {
    const std::string whole = unsealed(c);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::string message = c.complaint(sealed(c.key, whole.substr(0, length)));
      // The tail of a buffer may be padding, without which it is still whole.
      const bool may_be_whole = whole.size() - length < 8;
      ASSERT_TRUE(may_be_whole || message.starts_with(c.place())) << length;
    }
  }
}

TEST(DamagedValue, FieldThatBreaksARuleIsCorruption) {
  const auto proxy_complaint = [](auto damage) {
    Proxy proxy = full_proxy();
    damage(proxy);
    const std::string key = uuid_key(proxy.id);
    return message_of<CorruptionError>([&] { decode_proxy(key, encode(proxy)); });
  };
  EXPECT_TRUE(contains(proxy_complaint([](Proxy& p) { p.port = 0; }),
                       "proxy.port is 0; it must be from 1 to 65535"));
  EXPECT_TRUE(contains(proxy_complaint([](Proxy& p) { p.protocol = ProxyProtocol{5}; }),
                       "proxy.protocol is number 5"));
  EXPECT_TRUE(contains(proxy_complaint([](Proxy& p) { p.status = ProxyStatus{0}; }),
                       "proxy.status is number 0"));
  EXPECT_TRUE(contains(proxy_complaint([](Proxy& p) { p.city = "\xff"; }), "proxy.city"));
  EXPECT_TRUE(contains(proxy_complaint([](Proxy& p) { p.checked_at = Timestamp::max(); }),
                       "proxy.checked_at"));

  StoredLease lease = ended_lease();
  lease.lease.end_reason = EndReason{4};
  const std::string key = uuid_key(lease.lease.id);
  EXPECT_TRUE(contains(message_of<CorruptionError>([&] { decode_lease(key, encode(lease, 77)); }),
                       "lease.end_reason is number 4"));
  lease = active_lease();
  lease.duration = Duration{-1};
  EXPECT_TRUE(contains(message_of<CorruptionError>([&] { decode_lease(key, encode(lease)); }),
                       "lease.duration is -1 us"));
}

// The checksum is made to match, so that everything behind it is on its own. What counts is that
// nothing but CorruptionError happens; the sanitizers see the rest.
TEST(DamagedValue, NoSealedBytesDoHarm) {
  constexpr unsigned kSeed = 20260822;
  std::mt19937 random(kSeed);
  for (const Case& c : all_cases()) {
    const std::string whole = unsealed(c);
    const auto survives = [&](const std::string& buffer) {
      const std::string message = c.complaint(sealed(c.key, buffer));
      return message == "(accepted)" || message.starts_with(c.place());
    };
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string buffer = whole;
        buffer[i] = static_cast<char>(byte);
        ASSERT_TRUE(survives(buffer)) << i << " = " << byte;
      }
    }
    for (int round = 0; round < 5'000; ++round) {
      std::string buffer = whole;
      for (int n = 0; n < 4; ++n) buffer[random() % buffer.size()] = static_cast<char>(random());
      ASSERT_TRUE(survives(buffer)) << "seed " << kSeed << " round " << round;
    }
  }
}

}  // namespace
}  // namespace pharox::format::testing
