// pharox backup: copies a store, whether or not a process has it open.
//
// 1. The rows of one moment are written into DEST.copying-<pid> beside the copy to be.
// 2. That is verified as `pharox verify` does.
// 3. It is renamed to DEST. So a copy is there wholly or not at all.
#include <memory>
#include <string>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "storage/folder_beside.h"
#include "tools/commands.h"
#include "tools/inspect/verification.h"
#include "tools/store_view.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

struct BackupOptions {
  std::string store;
  std::string copy;
  bool json = false;
};

Verification verify_copy(const std::filesystem::path& folder, const std::string& store) {
  const auto reader = storage::StoreReader::open(folder);
  Verification result = verify(*reader);
  for (const Finding& finding : result.findings) {
    note("{}", printable(fmt::format("{} {}: {}", finding.place, finding.key, finding.reason)));
  }
  if (!result.findings.empty()) {
    throw CorruptionError(fmt::format("{} is damaged, and was not copied", store));
  }
  return result;
}

void print_summary(StoreView& view, const BackupOptions& options, const Verification& copy,
                   Output& out) {
  if (options.json) {
    format::Json rows = format::Json::object();
    for (const TableSize& size : copy.sizes) rows[std::string(size.table)] = size.rows;
    out.line(format::Json{
        {"as_of", to_string(view.taken_at())}, {"change", view.reader().sequence()}, {"rows", rows}}
                 .dump());
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const TableSize& size : copy.sizes) {
    rows.push_back({std::string(size.table), grouped(size.rows)});
  }
  print_table(out, {{"copied"}, {"rows", 0, Align::right}}, rows);
}

ExitCode run_backup(const BackupOptions& options, Output& out) {
  storage::require_place_for_copy(options.store, options.copy);
  StoreView view(options.store);
  view.announce();
  storage::FolderBeside folder(storage::whole_path(options.copy), "copying");
  view.reader().copy_to(folder.path());
  const Verification copied = verify_copy(folder.path(), options.store);
  folder.become_store();
  print_summary(view, options, copied, out);
  return ExitCode::done;
}

}  // namespace

void add_backup_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<BackupOptions>();
  CLI::App* command = add_command(app, chosen, "backup", "Copy a store, also while it is in use",
                                  options, run_backup);
  command->add_option("STORE", options->store, "The store's folder")->required();
  command->add_option("DEST", options->copy, "The copy's folder: missing, or empty")->required();
  command->add_flag("--json", options->json, "Print the summary as JSON");
  command->footer(
      "The copy shows one moment, which is told, and shares no file with the store. It is "
      "verified\n"
      "first; an error leaves no copy behind. It has the passwords of the store.\n"
      "\n"
      "Example:\n"
      "  pharox backup ./store ./backup-of-monday");
}

}  // namespace pharox::tools
