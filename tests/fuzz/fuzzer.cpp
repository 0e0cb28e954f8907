// libFuzzer's way into a target, PHAROX_FUZZ_TARGET. With PHAROX_FUZZ_SEEDS=FOLDER the target's
// seeds are written there before the corpora are read.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/fuzz_target.h"

namespace {

const pharox::tests::FuzzTarget& target() {
  for (const auto& each : pharox::tests::fuzz_targets()) {
    if (each.name == PHAROX_FUZZ_TARGET) return each;
  }
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("PHAROX_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const std::string& seed : target().seeds()) {
    std::ofstream(std::string(folder) + "/seed-" + std::to_string(++number), std::ios::binary)
        << seed;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto run = target().run;
  run({reinterpret_cast<const char*>(data), size});
  return 0;
}
