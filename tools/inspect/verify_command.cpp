// pharox verify: is every record whole, and do the records agree?
#include <memory>
#include <string>

#include "format/json_text.h"
#include "pharox/errors.h"
#include "tools/commands.h"
#include "tools/inspect/verification.h"
#include "tools/store_view.h"
#include "tools/text_table.h"

namespace pharox::tools {

namespace {

using format::Json;

struct VerifyOptions {
  std::string store;
  bool json = false;
};

// A store that is too damaged to be opened is a finding, like any other damage.
Verification verify_store(const std::string& store) {
  try {
    StoreView view(store, true);
    view.announce();
    return verify(view.reader());
  } catch (const CorruptionError& error) {
    return {.sizes = {}, .findings = {{"store", "", error.what()}}};
  }
}

void print_json(const Verification& result, Output& out) {
  Json rows = Json::object();
  for (const TableSize& size : result.sizes) rows[std::string(size.table)] = size.rows;
  Json findings = Json::array();
  for (const Finding& finding : result.findings) {
    findings.push_back(
        {{"place", finding.place}, {"key", finding.key}, {"reason", finding.reason}});
  }
  out.line(Json{{"rows", rows}, {"findings", findings}}.dump(-1, ' ', false,
                                                             Json::error_handler_t::replace));
}

void print_text(const Verification& result, Output& out) {
  std::vector<std::vector<std::string>> rows;
  for (const TableSize& size : result.sizes) {
    rows.push_back({std::string(size.table), grouped(size.rows)});
  }
  print_table(out, {{"table"}, {"rows", 0, Align::right}}, rows);
  for (const Finding& finding : result.findings) {
    out.line(printable(fmt::format("finding: {}{}{}: {}", finding.place,
                                   finding.key.empty() ? "" : " ", finding.key, finding.reason)));
  }
  out.line(result.findings.empty() ? std::string("no findings")
                                   : fmt::format("findings: {}", result.findings.size()));
}

ExitCode run_verify(const VerifyOptions& options, Output& out) {
  const Verification result = verify_store(options.store);
  options.json ? print_json(result, out) : print_text(result, out);
  return result.findings.empty() ? ExitCode::done : ExitCode::corruption;
}

}  // namespace

void add_verify_command(CLI::App& app, Action& chosen) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* command =
      add_command(app, chosen, "verify", "Check every record and every invariant across records",
                  options, run_verify);
  command->add_option("STORE", options->store, "The store's folder")->required();
  command->add_flag("--json", options->json, "Print a JSON object");
  command->footer(
      "Changes nothing, and works while an agent has the store open. Lists each finding and exits\n"
      "with 3 when there is one.\n"
      "\n"
      "Example:\n"
      "  pharox verify ./store && echo sound");
}

}  // namespace pharox::tools
