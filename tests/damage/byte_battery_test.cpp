// The byte battery: one file of a store damaged, in every way and at every place, and what comes of
// it. Only this is allowed:
//
//   refused   opening or reading throws a PharoxError
//   reported  it opens with less or other records, and `pharox verify` lists why
//   harmless  it opens with every record, and hands out a token that was never handed out
//
// Anything else is a silent loss. PHAROX_DAMAGE_STRIDE=1 flips every byte (of OPTIONS files, which
// are read by nobody and larger than all others together, every 64th).
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iostream>
#include <map>

#include "pharox/errors.h"
#include "storage/persistent_journal.h"
#include "tests/damage/damaged_store.h"
#include "tests/fixtures/environment.h"
#include "tools/inspect/verification.h"

namespace pharox::tests {
namespace {

namespace fs = std::filesystem;

enum Outcome { refused, reported, harmless, silent };
constexpr std::array<const char*, 4> kOutcomes{"refused", "reported", "harmless", "SILENT"};

// What the file is, whatever its number.
std::string kind_of(const fs::path& file) {
  const std::string name = file.filename();
  if (file.extension() == ".sst") return "table file";
  if (file.extension() == ".log") return "log";
  return name.substr(0, name.find('-')) + (file.has_parent_path() ? "" : " (ours)");
}

bool verify_finds_something(const fs::path& store) {
  try {
    return !tools::verify(*storage::StoreReader::open(store, true)).findings.empty();
  } catch (const CorruptionError&) {
    return true;
  }
}

class ByteBattery : public testing::Test {
 protected:
  void run(const fs::path& copy) {
    const std::uint64_t seed = announced_seed();
    const std::uint64_t stride = number_from_environment("PHAROX_DAMAGE_STRIDE", 211);
    const fs::path store = folder_.path() / "store";
    fs::copy(copy, store, fs::copy_options::recursive);
    const StoreContents sound = contents_of(store);
    for (const Damage& damage : sample_.damages(copy, stride, seed)) {
      const Outcome outcome = outcome_of(copy, damage, sound);
      ++table_[{kind_of(damage.file), to_string(damage.kind)}][outcome];
      if (outcome == silent) ADD_FAILURE() << "silent loss: " << damage.text();
    }
    print();
  }

  Outcome outcome_of(const fs::path& copy, const Damage& damage, const StoreContents& sound) {
    const fs::path store = folder_.path() / "store";
    sample_.make(copy, damage, store);
    try {
      const StoreContents found = contents_of(store);
      if (found.records == sound.records && found.next_token >= sound.next_token) return harmless;
    } catch (const PharoxError&) {
      return refused;
    }
    sample_.make(copy, damage, store);
    return verify_finds_something(store) ? reported : silent;
  }

  void print() const {
    std::array<int, 4> total{};
    for (const auto& [row, counts] : table_) {
      std::cout << row.first << ", " << row.second << ":";
      for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] != 0) std::cout << ' ' << counts[i] << ' ' << kOutcomes[i];
        total[i] += counts[i];
      }
      std::cout << '\n';
    }
    std::cout << "all:";
    for (std::size_t i = 0; i < total.size(); ++i)
      std::cout << ' ' << total[i] << ' ' << kOutcomes[i];
    std::cout << std::endl;
  }

  SampleStore sample_;
  TempFolder folder_{memory_folder()};
  std::map<std::pair<std::string, std::string>, std::array<int, 4>> table_;
};

TEST_F(ByteBattery, NothingOfAClosedStoreIsLostInSilence) { run(sample_.closed()); }

TEST_F(ByteBattery, NothingOfAKilledStoreIsLostInSilence) { run(sample_.killed()); }

// The bit that says which kind of index the block of properties has: RocksDB believes it before it
// has checked the block, and an assertion of it then ends the process.
TEST_F(ByteBattery, DamagedPropertiesOfATableFileAbortNothing) {
  constexpr std::uint64_t kFooter = 53;
  constexpr std::uint64_t kTrailer = 5;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(sample_.closed() / "db")) {
    if (entry.path().extension() != ".sst") continue;
    ++files;
    std::ifstream file(entry.path(), std::ios::binary);
    file.seekg(static_cast<std::streamoff>(entry.file_size() - kFooter + 1));
    std::uint64_t metaindex = 0;  // right behind the properties
    for (int shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
      byte = file.get();
      ASSERT_NE(byte, EOF);
      metaindex |= std::uint64_t(byte & 0x7f) << shift;
    }
    const Damage damage{Damage::Kind::flipped, fs::path("db") / entry.path().filename(),
                        metaindex - kTrailer - 1, 0x80};
    sample_.make(sample_.closed(), damage, folder_.path() / "store");
    EXPECT_THROW(contents_of(folder_.path() / "store"), CorruptionError) << damage.text();
  }
  EXPECT_EQ(files, 6);
}

}  // namespace
}  // namespace pharox::tests
