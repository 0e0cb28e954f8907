// pharox dump: shows the records of a store.
#include <memory>
#include <string>

#include "tools/commands.h"
#include "tools/dump/dump.h"

namespace pharox::tools {

namespace {

struct DumpOptions {
  std::string store;
  std::vector<std::string> what;
  DumpFilter filter;
  std::string format = "table";
  bool show_secrets = false;
  bool json = false;
};

std::vector<RecordKind> kinds_of(const DumpOptions& options, bool as_tables) {
  std::vector<RecordKind> kinds;
  if (options.what.empty()) {
    if (as_tables) return {RecordKind::pools, RecordKind::proxies, RecordKind::leases};
    for (const auto& [kind, name] : kRecordKinds) kinds.push_back(kind);
  }
  for (const std::string& name : options.what) kinds.push_back(*parse_record_kind(name));
  return kinds;
}

ExitCode run_dump(const DumpOptions& options, Output& out) {
  const bool as_tables = options.format == "table" && !options.json;
  const auto secrets = options.show_secrets ? format::Secrets::show : format::Secrets::mask;
  DumpFilter filter = options.filter;
  filter.kinds = kinds_of(options, as_tables);

  StoreView view(options.store);
  view.announce();
  const auto printer =
      as_tables ? print_tables(view, out, secrets) : print_json_lines(view, out, secrets);
  dump(view, filter, *printer);
  return ExitCode::done;
}

bool is_status(const std::string& text) {
  return parse_proxy_status(text) || parse_lease_status(text);
}

}  // namespace

void add_dump_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<DumpOptions>();
  CLI::App* command =
      add_command(app, chosen, "dump", "Show the records of a store", options, run_dump);
  command->add_option("STORE", options->store, "The store's folder")->required();
  command
      ->add_option("--what", options->what,
                   "Kinds, with commas: pools, consumers, proxies, leases, history, health, "
                   "cursors. Default: pools,proxies,leases as tables, everything as jsonl")
      ->delimiter(',')
      ->check([](const std::string& text) {
        return parse_record_kind(text) ? std::string() : "'" + text + "' is no kind of record";
      });
  command->add_option("--pool", options->filter.pool, "Only what belongs to this pool");
  command
      ->add_option("--status", options->filter.status,
                   "Only records with this status: active, inactive, slow or banned for proxies, "
                   "active or released for leases")
      ->check([](const std::string& text) {
        return is_status(text) ? std::string() : "'" + text + "' is no status";
      });
  command->add_option("--consumer", options->filter.consumer, "Only leases of this consumer");
  command->add_option("--limit", options->filter.limit, "At most so many records of each kind");
  command->add_option("--format", options->format, "table (default) or jsonl")
      ->check(CLI::IsMember({"table", "jsonl"}));
  command->add_flag("--json", options->json, "The same as --format jsonl");
  command->add_flag("--show-secrets", options->show_secrets, "Show passwords, which are masked");
  command->footer(
      "Works while an agent has the store open, and does not disturb it.\n"
      "\n"
      "Example:\n"
      "  pharox dump ./store --what leases --status active\n"
      "  pharox dump ./store --format jsonl --show-secrets > backup.jsonl");
}

}  // namespace pharox::tools
