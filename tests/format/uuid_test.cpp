#include "pharox/uuid.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <thread>
#include <unordered_set>

namespace pharox {
namespace {

constexpr Timestamp kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

TEST(Uuid, TextRoundTrips) {
  const std::string text = "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10";
  const auto id = Uuid::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->to_string(), text);
  EXPECT_EQ(id->version(), 7);
  EXPECT_EQ(id->bytes[0], 0x01);
  EXPECT_EQ(id->bytes[15], 0x10);
}

TEST(Uuid, UpperCaseIsRead) {
  EXPECT_EQ(Uuid::parse("0190B6A0-7C4E-7D3A-9B1E-5F2D8C6A4E10"),
            Uuid::parse("0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10"));
}

TEST(Uuid, OtherTextIsNotRead) {
  for (const char* text :
       {"", "0190b6a07c4e7d3a9b1e5f2d8c6a4e10", "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e1",
        "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e100", "{190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10",
        "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e1g", "0190b6a07-c4e-7d3a-9b1e-5f2d8c6a4e10",
        "+190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10", " 190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10",
        "0x90b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e10", "0190b6a0-7c4e-7d3a-9b1e-5f2d8c6a4e-0"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

TEST(Uuid, DefaultIsNil) {
  EXPECT_TRUE(Uuid{}.is_nil());
  EXPECT_EQ(Uuid{}.to_string(), "00000000-0000-0000-0000-000000000000");
  EXPECT_FALSE(Uuid::random().is_nil());
}

TEST(Uuid, ComparesAsBytes) {
  EXPECT_LT(*Uuid::parse("00000000-0000-0000-0000-0000000000ff"),
            *Uuid::parse("01000000-0000-0000-0000-000000000000"));
  EXPECT_LT(*Uuid::parse("7fffffff-0000-0000-0000-000000000000"),
            *Uuid::parse("80000000-0000-0000-0000-000000000000"));
}

TEST(Uuid, TheFirstByteThatDiffersDecides) {
  Uuid greater;
  greater.bytes.fill(0x80);
  for (std::size_t at = 0; at < greater.bytes.size(); ++at) {
    Uuid less = greater;
    less.bytes[at] = 0x7f;
    EXPECT_NE(less, greater) << at;
    for (std::size_t behind = at + 1; behind < less.bytes.size(); ++behind) {
      less.bytes[behind] = 0xff;
    }
    EXPECT_LT(less, greater) << at;
    EXPECT_GT(greater, less) << at;
  }
  EXPECT_EQ(greater, Uuid(greater));
}

TEST(Uuid, RandomIdsOfAllThreadsDiffer) {
  constexpr int kEach = 10'000;
  std::vector<Uuid> first(kEach), second(kEach);
  const auto fill = [](std::vector<Uuid>& ids) {
    for (Uuid& id : ids) id = Uuid::random();
  };
  std::thread a(fill, std::ref(first)), b(fill, std::ref(second));
  a.join();
  b.join();
  std::set<Uuid> all(first.begin(), first.end());
  all.insert(second.begin(), second.end());
  EXPECT_EQ(all.size(), 2u * kEach);
  for (const Uuid& id : all) {
    ASSERT_EQ(id.version(), 4);
    ASSERT_EQ(id.bytes[8] >> 6, 2);
  }
}

TEST(Uuid, ForkedChildDoesNotRepeatItsParent) {
  (void)Uuid::random();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Uuid id = Uuid::random();
    const auto written = write(ends[1], id.bytes.data(), id.bytes.size());
    _exit(written == 16 ? 0 : 1);
  }
  Uuid of_child;
  ASSERT_EQ(read(ends[0], of_child.bytes.data(), 16), 16);
  EXPECT_NE(of_child, Uuid::random());
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(UuidGenerator, SameSeedGivesSameIds) {
  UuidGenerator a(1), b(1), c(2);
  const Uuid id = a.v4();
  EXPECT_EQ(id, b.v4());
  EXPECT_NE(id, c.v4());
  EXPECT_EQ(a.v7(kStart), b.v7(kStart));
}

TEST(UuidGenerator, V7HoldsTheMilliseconds) {
  UuidGenerator generator(1);
  const auto now = Timestamp{std::chrono::milliseconds{0x0190b6a07c4e}} + Duration{999};
  const Uuid id = generator.v7(now);
  EXPECT_EQ(id.to_string().substr(0, 15), "0190b6a0-7c4e-7");
  EXPECT_EQ(id.bytes[8] >> 6, 2);
}

TEST(UuidGenerator, V7RisesWhateverTheClockDoes) {
  UuidGenerator generator(7);
  std::mt19937_64 random(7);
  Timestamp now = kStart;
  Uuid last;
  for (int i = 0; i < 100'000; ++i) {
    now += Duration{static_cast<std::int64_t>(random() % 4001) - 2000};
    const Uuid id = generator.v7(now);
    ASSERT_LT(last, id);
    ASSERT_EQ(id.version(), 7);
    ASSERT_EQ(id.bytes[8] >> 6, 2);
    last = id;
  }
}

TEST(UuidGenerator, V7RisesAboveWhatItObserved) {
  UuidGenerator generator(7);
  for (const char* text :
       {"0290b6a0-7c4e-7fff-bfff-ffffffffffff", "0290b6a0-7c50-4fff-bfff-ffffffffffff",
        "0290b6a0-7c60-ffff-ffff-ffffffffffff", "0290b6a0-7c70-0000-0000-000000000000"}) {
    const Uuid seen = *Uuid::parse(text);
    generator.observe(seen);
    EXPECT_LT(seen, generator.v7(kStart)) << text;
  }
}

TEST(UuidGenerator, ObservingAnOlderIdChangesNothing) {
  UuidGenerator generator(7);
  const Uuid before = generator.v7(kStart);
  generator.observe(UuidGenerator(1).v7(kStart - std::chrono::hours{1}));
  EXPECT_LT(before, generator.v7(kStart));
}

TEST(UuidGenerator, IdsStayUniqueAfterTheLastOne) {
  UuidGenerator generator(7);
  generator.observe(*Uuid::parse("ffffffff-ffff-7fff-bfff-ffffffffffff"));
  const Uuid a = generator.v7(kStart);
  const Uuid b = generator.v7(kStart);
  EXPECT_NE(a, b);
  EXPECT_EQ(a.version(), 7);
}

TEST(UuidGenerator, ExtremeClocksGiveValidIds) {
  UuidGenerator generator(7);
  for (const Timestamp now : {kMinTimestamp, Timestamp{}, kMaxTimestamp, Timestamp::max()}) {
    EXPECT_EQ(generator.v7(now).version(), 7);
  }
}

TEST(UuidHash, SequentialIdsSpreadOverBuckets) {
  for (const std::size_t varying : {7u, 15u}) {
    std::unordered_set<std::size_t> low_bits;
    for (int i = 0; i < 256; ++i) {
      Uuid id;
      id.bytes[varying] = static_cast<std::uint8_t>(i);
      low_bits.insert(std::hash<Uuid>{}(id) % 65'536);
    }
    EXPECT_GT(low_bits.size(), 245u);
  }
}

}  // namespace
}  // namespace pharox
