// What is fuzzed: everything of ours that reads bytes which somebody else may have written.
//
// A target takes any bytes. The errors that its reader promises are what it expects; anything else,
// a crash, another exception or a broken rule of its own (thrown as std::logic_error), is a
// finding. libFuzzer drives the same functions as the ordinary test: fuzzer.cpp and fuzz_test.cpp.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pharox::tests {

struct FuzzTarget {
  std::string_view name;
  void (*run)(std::string_view bytes);
  std::vector<std::string> (*seeds)();  // sound inputs, for mutation to begin with
};

std::span<const FuzzTarget> fuzz_targets();

// Rows of a store: every kind of record, and every kind of key.
void fuzz_records(std::string_view bytes);
std::vector<std::string> record_seeds();

// Lists of proxies, in all formats.
void fuzz_import(std::string_view bytes);
std::vector<std::string> import_seeds();

// The lines of a dump, and the store that they make.
void fuzz_dump(std::string_view bytes);
std::vector<std::string> dump_seeds();

// Rows that are sound one by one, and the store that they make.
void fuzz_store(std::string_view bytes);
std::vector<std::string> store_seeds();

// Filters, and what they choose.
void fuzz_filters(std::string_view bytes);
std::vector<std::string> filter_seeds();

// The command line.
void fuzz_arguments(std::string_view bytes);
std::vector<std::string> argument_seeds();

inline void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

}  // namespace pharox::tests
