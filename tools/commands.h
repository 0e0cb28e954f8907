// The commands, each of which adds itself to the command line.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>

#include "tools/exit_code.h"
#include "tools/output.h"

namespace pharox::tools {

// What the command line asks for. Throws what main.cpp turns into exit codes.
using Action = std::function<ExitCode(Output& out)>;

// Each sets `chosen` when its command is given.
void add_import_command(CLI::App& app, Action& chosen);
void add_stats_command(CLI::App& app, Action& chosen);
void add_pools_command(CLI::App& app, Action& chosen);
void add_dump_command(CLI::App& app, Action& chosen);
void add_load_command(CLI::App& app, Action& chosen);
void add_backup_command(CLI::App& app, Action& chosen);
void add_verify_command(CLI::App& app, Action& chosen);
void add_repair_command(CLI::App& app, Action& chosen);
void add_agent_command(CLI::App& app, Action& chosen);
void add_bench_command(CLI::App& app, Action& chosen);

// Adds a command whose options live as long as the program needs them.
template <class Options>
CLI::App* add_command(CLI::App& app, Action& chosen, const char* name, const char* about,
                      const std::shared_ptr<Options>& options,
                      ExitCode (*run)(const Options&, Output&)) {
  CLI::App* command = app.add_subcommand(name, about);
  command->callback([options, run, &chosen] {
    chosen = [options, run](Output& out) { return run(*options, out); };
  });
  return command;
}

// For commands that can do something with a store that has lost changes.
inline void add_accept_loss(CLI::App& command, bool& accept_loss) {
  command.add_flag("--accept-loss", accept_loss,
                   "Take a store that has lost changes as it is, and say what is missing");
}

// An option whose text `parse` turns into a value, or refuses with nothing.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& command, const char* name, T& into, Parse parse,
                        const char* about) {
  return command
      .add_option_function<std::string>(
          name, [&into, parse](const std::string& text) { into = *parse(text); }, about)
      ->check([parse](const std::string& text) {
        return parse(text) ? std::string() : "'" + text + "' is none of the known values";
      });
}

}  // namespace pharox::tools
