// pharox load: makes a store from a dump.
//
// 1. Everything is written into STORE.loading-<pid> beside the store to be.
// 2. That is verified as `pharox verify` does.
// 3. It is renamed to STORE. So a store is there wholly or not at all, whenever the power fails;
//    a load that is killed leaves its own folder behind, which nobody reads.
#include <filesystem>
#include <memory>
#include <string>

#include "pharox/errors.h"
#include "storage/folder_beside.h"
#include "tools/byte_source.h"
#include "tools/commands.h"
#include "tools/dump/dump_loader.h"
#include "tools/line_reader.h"
#include "tools/new_store.h"
#include "tools/store_view.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;

struct LoadOptions {
  std::string store;
  std::string file;
  bool json = false;
};

LoadSummary load_lines(ByteSource& bytes, const fs::path& folder) {
  const auto journal = open_new_store(folder);
  DumpLoader loader(*journal, utc_now());
  LineReader lines(bytes, kMaxLineBytes);
  std::string line;
  try {
    for (auto got = lines.next(line); got != LineReader::Result::end; got = lines.next(line)) {
      if (got == LineReader::Result::too_long) {
        throw InvalidArgumentError("it is longer than 1 MiB");
      }
      loader.take(line);
    }
    loader.finish();
  } catch (const InvalidArgumentError& error) {
    throw InvalidArgumentError(fmt::format("line {}: {}", lines.number(), error.what()));
  }
  journal->close();
  return loader.summary();
}

void print_summary(const LoadSummary& summary, bool as_json, Output& out) {
  const format::Json json{{"pools", summary.pools},          {"consumers", summary.consumers},
                          {"proxies", summary.proxies},      {"leases", summary.leases},
                          {"history", summary.ended_leases}, {"health", summary.health},
                          {"cursors", summary.cursors}};
  if (as_json) {
    out.line(json.dump());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, number] : json.items()) {
    rows.push_back({name, grouped(number.get<std::uint64_t>())});
  }
  print_table(out, {{"loaded"}, {"records", 0, Align::right}}, rows);
}

ExitCode run_load(const LoadOptions& options, Output& out) {
  if (is_store_there(options.store)) {
    throw StorageError(
        fmt::format("{} is not empty, and a dump is loaded into nothing else", options.store));
  }
  InputFile input(options.file);
  ByteSource bytes(input.stream());
  storage::FolderBeside folder(storage::whole_path(options.store), "loading");
  const LoadSummary summary = load_lines(bytes, folder.path());
  require_sound_store(folder.path());
  folder.become_store();
  print_summary(summary, options.json, out);
  return ExitCode::done;
}

}  // namespace

void add_load_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* command =
      add_command(app, chosen, "load", "Make a store from a dump", options, run_load);
  command->add_option("STORE", options->store, "The store's folder: missing, or empty")->required();
  command
      ->add_option("FILE", options->file,
                   "What dump --format jsonl --show-secrets printed, or - for the standard input")
      ->required();
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->footer(
      "Wholly or not at all: an error leaves no store behind.\n"
      "\n"
      "Example:\n"
      "  pharox dump ./store --format jsonl --show-secrets | pharox load ./copy -");
}

}  // namespace pharox::tools
