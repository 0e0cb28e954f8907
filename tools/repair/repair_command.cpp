// pharox repair: a new store of all that can be read of a damaged one.
//
// 1. What the witness of STORE says is missing is noted; STORE is only read, now and later.
// 2. Its files are copied beside NEW, as far as they can be read, and the copy is read leniently.
// 3. The rows go into another folder beside NEW, which is verified and renamed to NEW.
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "storage/folder_beside.h"
#include "storage/persistent_journal.h"
#include "storage/salvage.h"
#include "storage/store_folder.h"
#include "storage/store_lock.h"
#include "tools/commands.h"
#include "tools/new_store.h"
#include "tools/repair/salvage.h"
#include "tools/store_view.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

namespace fs = std::filesystem;
using format::Json;

struct RepairOptions {
  std::string store;
  std::string out;
  bool json = false;
};

struct Repair {
  std::vector<std::string> unreadable;  // by the witness and by reading: files and parts of them
  SalvageReport rows;
};

void copy_database(const fs::path& store, const fs::path& copy, Repair& repair) {
  const fs::path to = storage::database_folder(copy);
  fs::create_directory(to);
  std::error_code error;
  fs::copy_file(storage::witness_file(store), storage::witness_file(copy), error);
  fs::directory_iterator entry(storage::database_folder(store), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code failure;
    if (!entry->is_regular_file(failure)) continue;
    const fs::path copied = to / entry->path().filename();
    if (fs::copy_file(entry->path(), copied, failure)) {
      fs::permissions(copied, fs::perms::owner_read | fs::perms::owner_write, failure);
    } else {
      repair.unreadable.push_back("the file " + entry->path().string() + ": " + failure.message());
      fs::remove(copied, failure);
    }
  }
  if (error) repair.unreadable.push_back("the folder " + store.string() + ": " + error.message());
}

void write_rows(const fs::path& copy, const fs::path& folder, Repair& repair) {
  const auto source = storage::SalvageReader::open(copy);
  const auto journal = open_new_store(folder);
  repair.rows = salvage(*source, *journal, utc_now(), !repair.unreadable.empty());
  journal->close();
  const auto& more = source->unreadable();
  repair.unreadable.insert(repair.unreadable.end(), more.begin(), more.end());
}

void print_json(const Repair& repair, Output& out) {
  Json tables = Json::object();
  for (const SalvagedTable& table : repair.rows.tables) {
    tables[std::string(table.table)] = {{"read", table.read}, {"kept", table.kept}};
  }
  out.line(Json{{"tables", tables},
                {"unreadable", repair.unreadable},
                {"rows_lost", repair.rows.lost},
                {"lost", repair.rows.lines}}
               .dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_text(const Repair& repair, Output& out) {
  std::vector<std::vector<std::string>> rows;
  for (const SalvagedTable& table : repair.rows.tables) {
    rows.push_back({std::string(table.table), grouped(table.read), grouped(table.kept)});
  }
  print_table(out, {{"table"}, {"read", 0, Align::right}, {"kept", 0, Align::right}}, rows);
  for (const std::string& line : repair.unreadable) out.line("unreadable: " + printable(line));
  for (const std::string& line : repair.rows.lines) out.line("lost: " + printable(line));
  if (repair.rows.lost > repair.rows.lines.size()) {
    out.line(fmt::format("lost: {} more", grouped(repair.rows.lost - repair.rows.lines.size())));
  }
  if (repair.unreadable.empty() && repair.rows.lost == 0) out.line("nothing was lost");
}

ExitCode run_repair(const RepairOptions& options, Output& out) {
  const fs::path store = storage::whole_path(options.store);
  const fs::path made = storage::whole_path(options.out);
  if (!fs::is_directory(storage::database_folder(store))) {
    throw StorageError("there is no store in " + options.store);
  }
  if (is_store_there(options.out)) {
    throw StorageError(options.out + " is not empty, and a store is repaired into nothing else");
  }
  if (const auto holder = storage::StoreLock::holder(store)) {
    throw StoreLockedError(options.store + " is open in " + *holder);
  }
  Repair repair;
  repair.unreadable = storage::known_losses(store);
  const storage::FolderBeside copy(made, "salvaging");
  copy_database(store, copy.path(), repair);
  storage::FolderBeside folder(made, "repairing");
  write_rows(copy.path(), folder.path(), repair);
  require_sound_store(folder.path());
  folder.become_store();
  options.json ? print_json(repair, out) : print_text(repair, out);
  const bool lost = !repair.unreadable.empty() || repair.rows.lost != 0;
  return lost ? ExitCode::corruption : ExitCode::done;
}

}  // namespace

void add_repair_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<RepairOptions>();
  CLI::App* command =
      add_command(app, chosen, "repair",
                  "Make a new store of all that can be read of a damaged one", options, run_repair);
  command->add_option("STORE", options->store, "The damaged store's folder")->required();
  command->add_option("--out", options->out, "The new store's folder: missing, or empty")
      ->required();
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer(
      "STORE is not changed. Lists what could not be read and what was lost; exits with 3 when "
      "that\n"
      "is anything, and NEW is there all the same: a sound store of the rest.\n"
      "\n"
      "Example:\n"
      "  pharox repair ./store --out ./store.repaired");
}

}  // namespace pharox::tools
