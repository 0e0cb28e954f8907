#include "tools/text_table.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace pharox::tools {
namespace {

std::string printed(const std::vector<Column>& columns,
                    const std::vector<std::vector<std::string>>& rows) {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  Output out(file);
  print_table(out, columns, rows);
  std::fclose(file);
  std::string result(text, size);
  std::free(text);
  return result;
}

TEST(TextTable, ColumnsAreAsWideAsTheirLongestCell) {
  EXPECT_EQ(printed({{"name"}, {"n", 0, Align::right}}, {{"a", "1"}, {"München", "1,000"}}),
            "name         n\n"
            "a            1\n"
            "München  1,000\n");
}

TEST(TextTable, ControlCharactersCannotReachTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\n\x7f\xC2\x9b ü"), "a\\x1b[2Jb\\x0a\\x7f\\x9b ü");
}

TEST(Output, CountsAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

TEST(Output, AFullDiskIsAnError) {
  std::FILE* full = std::fopen("/dev/full", "w");
  if (full == nullptr) GTEST_SKIP() << "there is no /dev/full here";
  Output out(full);
  out.line("lost");
  EXPECT_THROW(out.flush(), OutputError);
  std::fclose(full);
}

}  // namespace
}  // namespace pharox::tools
