// The pharox command: parses the command line, runs one command, and turns what it throws into an
// exit code.
#include <csignal>
#include <cstdio>
#include <exception>

#include "pharox/errors.h"
#include "tools/commands.h"

namespace pharox::tools {

namespace {

constexpr const char* kAbout =
    "A crash-safe lease store for network proxies, in a folder.\n"
    "STORE is that folder. Results go to the standard output, progress and errors to the standard\n"
    "error.";
constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 failed, 2 usage, 3 corruption found, 4 store locked\n"
    "\n"
    "Example:\n"
    "  pharox import ./store proxies.txt --pool scraping --max-concurrency 2\n"
    "  pharox agent ./store --pool scraping --workers 8 --seconds 10\n"
    "  pharox stats ./store";

// The outcome of the whole program is decided here and nowhere else.
ExitCode run_guarded(const Action& action, Output& out) {
  const auto failed = [](const char* what, ExitCode code) {
    note("pharox: {}", what);
    return code;
  };
  try {
    const ExitCode code = action(out);
    out.flush();
    return code;
  } catch (const OutputError& error) {
    return error.reader_gone ? ExitCode::failed : failed(error.what(), ExitCode::failed);
  } catch (const UsageError& error) {
    return failed(error.what(), ExitCode::usage);
  } catch (const StoreLockedError& error) {
    return failed(error.what(), ExitCode::locked);
  } catch (const CorruptionError& error) {
    return failed(error.what(), ExitCode::corruption);
  } catch (const std::exception& error) {
    return failed(error.what(), ExitCode::failed);
  }
}

ExitCode run(int argc, char** argv) {
  CLI::App app(kAbout, "pharox");
  app.footer(kExitCodes);
  app.set_version_flag("--version", "pharox " PHAROX_VERSION);
  app.require_subcommand(1);
  Action chosen;
  add_import_command(app, chosen);
  add_stats_command(app, chosen);
  add_pools_command(app, chosen);
  add_dump_command(app, chosen);
  add_load_command(app, chosen);
  add_backup_command(app, chosen);
  add_verify_command(app, chosen);
  add_repair_command(app, chosen);
  add_agent_command(app, chosen);
  add_bench_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Also prints the help and the version, which are no errors.
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::usage;
  }
  Output out(stdout);
  return run_guarded(chosen, out);
}

}  // namespace

}  // namespace pharox::tools

int main(int argc, char** argv) {
  // A reader that stops early is an error of one write, not the end of a store that is open.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return static_cast<int>(pharox::tools::run(argc, argv));
  } catch (...) {  // no memory for the command line itself
    return static_cast<int>(pharox::tools::ExitCode::failed);
  }
}
