#include "command_line/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <type_traits>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "command_line/arguments.hpp"
#include "command_line/cli_problem.hpp"
#include "command_line/number_text.hpp"
#include "manual/help.hpp"
#include "manual/printed.hpp"
#include "version.hpp"

namespace infer {
namespace {

constexpr const char* kDescription =
    "Scores a file of records with a PyTorch model, on all that mpirun or srun gives:\n"
    "  mpirun -np 8 infer --model model.pt --input data.jsonl --output scores.jsonl";
constexpr const char* kFooter =
    "Every flag can be given as an environment variable (INFER_MAX_BATCH_SIZE) or in --config FILE (TOML).\n"
    "Exit codes: 0 complete, 1 more records failed than --max-errors, 2 wrong usage, model or input,\n"
    "3 the run failed, 4 stopped on request; after 3 and 4, --resume goes on.";

/// A flag's value while CLI11 writes to it.
struct Slot {
  const Flag* flag = nullptr;
  GivenValue value;
  CLI::Option* option = nullptr;
};

/// "90", "90s", "1.5h" as seconds.
CLI::AsNumberWithUnit as_seconds() {
  const std::map<std::string, double> units{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
  return CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::CASE_SENSITIVE, "s");
}

CLI::Validator read_by(std::string (*make)(std::string& text)) { return {make, ""}; }

std::string option_names(const Flag& flag) {
  return (flag.letter == '\0' ? "" : std::string("-") + flag.letter + ",") + "--" + flag.name;
}

template <class Value>
CLI::Option* add_typed(CLI::App& app, Slot& slot) {
  auto& value = slot.value.emplace<Value>();
  if constexpr (std::is_same_v<Value, bool>) {
    return app.add_flag(option_names(*slot.flag), value, slot.flag->help);
  } else {
    return app.add_option(option_names(*slot.flag), value, slot.flag->help);
  }
}

CLI::Option* add_option(CLI::App& app, Slot& slot) {
  switch (slot.flag->value.form) {
    case ValueForm::on_off: return add_typed<bool>(app, slot);
    case ValueForm::text: return add_typed<std::string>(app, slot);
    case ValueForm::texts: return add_typed<std::vector<std::string>>(app, slot);
    case ValueForm::outputs: return add_typed<std::vector<std::string>>(app, slot)->allow_extra_args(false);
    case ValueForm::comma_list: return add_typed<std::vector<std::string>>(app, slot)->delimiter(',');
    case ValueForm::count: return add_typed<std::uint64_t>(app, slot)->transform(read_by(make_count));
    case ValueForm::whole: return add_typed<int>(app, slot)->transform(read_by(make_whole));
    case ValueForm::bytes:
      return add_typed<std::uint64_t>(app, slot)
          ->transform(CLI::AsSizeValue(false))
          ->transform(read_by(make_size));  // before it
    case ValueForm::seconds: break;
  }
  return add_typed<double>(app, slot)->transform(as_seconds());
}

/// They are answered as soon as they are read, each by an exception of CLI11's that has the answer.
void add_fixed_flags(CLI::App& app) {
  constexpr const char* group = "General";
  app.set_help_flag("-h,--help", "The flags that most runs want; of a command, its own")->group(group);
  app.set_help_all_flag("--help-all", "Every flag and command")->group(group);
  app.add_flag_function(
         "-V,--version", [](std::int64_t) { throw CLI::CallForVersion(version_text(), 0); },
         "Versions of infer and the libraries it runs with")
      ->trigger_on_parse()
      ->group(group);
  app.add_option_function<std::string>(
         "--print",
         [&app](const std::string& form) { throw CLI::CallForVersion(printed(read_program(app), form), 0); },
         "This program's man page, the completions for a shell, or a job script for Slurm")
      ->type_name(joined(printed_forms(), "|"))
      ->trigger_on_parse()
      ->group(group);
  app.set_config("--config", "", "TOML file with flags; see configs/")->type_name("FILE")->group(group);
}

/// Addresses in the result are known to `app`.
std::vector<Slot> add_flags(CLI::App& app) {
  std::vector<Slot> slots;
  for_each_flag([&](const Flag& flag) { slots.push_back({&flag, {}}); });
  auto slot = slots.begin();
  for (const auto& group : flag_groups()) {
    if (&group == &flag_groups().back()) add_fixed_flags(app);
    for (std::size_t i = 0; i < group.flags.size(); ++i, ++slot) {
      slot->option = add_option(app, *slot)->group(group.name);
    }
  }
  return slots;
}

FlagForm form_of(const CLI::Option& option) {
  const auto& names = option.get_lnames();
  bool means_none = false;
  for_each_flag([&](const Flag& flag) {
    if (flag.may_be_empty && std::ranges::find(names, flag.name) != names.end()) means_none = true;
  });
  return {names, option.get_snames(), option.get_items_expected_max() > 0, means_none};
}

std::vector<FlagForm> flag_forms(const CLI::App& app) {
  std::vector<FlagForm> forms;
  for (const auto* option : app.get_options()) forms.push_back(form_of(*option));
  return forms;
}

/// Gives flags that were not typed the values of their variables; an empty one counts as unset. Returns their
/// names.
std::vector<std::string> take_environment(CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> taken;
  for (auto* option : app.get_options({})) {
    if (option->get_lnames().empty() || is_given(arguments, form_of(*option))) continue;
    const auto& name = option->get_lnames().front();
    if (name == "help" || name == "help-all" || name == "version" || name == "print") continue;
    const char* value = std::getenv(environment_name(name).c_str());
    if (value == nullptr || *value == '\0') continue;
    const bool is_switch = option->get_items_expected_max() == 0;
    option->add_result(is_switch ? option->get_flag_value(name, value) : value);
    taken.push_back(name);
  }
  return taken;
}

void refuse_empty_values(const CLI::App& app) {
  for (const auto* option : app.get_options()) {
    const auto& values = option->results();
    if (form_of(*option).may_be_empty || std::ranges::find(values, "") == values.end()) continue;
    throw UsageError(option->get_name() + " is given an empty value; give one, or leave the flag out");
  }
}

void add_merge(CLI::App& app, CommandLine& line) {
  auto* merge = app.add_subcommand(
      "merge", "Make one file of the parts that runs with --output-dir have written, checking each");
  merge->add_option("folders", line.merge.folders, "Folders of parts, joined in this order")
      ->type_name("FOLDER")
      ->required();
  merge->add_option("-o,--output", line.merge.output, "The file; - is standard output")->type_name("FILE");
  merge->add_flag("--overwrite", line.merge.overwrite, "Replace a file that has the name");
}

void add_peek(CLI::App& app, CommandLine& line) {
  auto* peek = app.add_subcommand("peek", "Show what a result holds: a summary, or rows of it as JSON");
  peek->add_option("files", line.peek.files, "Results, folders of parts; - is standard input")
      ->type_name("FILE");
  const auto rows = [&line]() -> RowChoice& {
    return line.peek.rows ? *line.peek.rows : line.peek.rows.emplace();
  };
  peek->add_option_function<std::uint64_t>(
          "--head", [rows](std::uint64_t count) { rows().head = count; }, "The first rows")
      ->transform(read_by(make_count))
      ->type_name("N");
  peek->add_option_function<std::uint64_t>(
          "--tail", [rows](std::uint64_t count) { rows().tail = count; }, "The last rows")
      ->transform(read_by(make_count))
      ->type_name("N");
  peek->add_option_function<std::string>(
          "--row", [rows](const std::string& range) { choose_range(rows(), range); },
          "Row 7, counted from 0, or rows 10:20, the last of which is 19")
      ->type_name("K|A:B");
  peek->add_option_function<std::string>(
          "--failed", [rows](const std::string& code) { choose_failed(rows(), code); },
          "Rows of failed records, or of those that failed with this code")
      ->expected(0, 1)
      ->type_name("CODE");
  peek->add_option_function<std::string>(
          "--label", [rows](const std::string& label) { rows().label = label; }, "Rows that have this label")
      ->type_name("LABEL");
  peek->add_option("--top", line.peek.labels, "Labels that the summary lists")
      ->transform(read_by(make_count))
      ->type_name("N")
      ->capture_default_str();
  peek->add_flag("--json", line.peek.as_json, "The summary as one JSON object");
}

std::string with_advice(const std::string& problem) {
  return problem + (problem.ends_with('?') ? " See infer --help" : "; see infer --help");
}

/// Reads all of the command line but what `app` answers at once: help and version, which it throws.
void parse(CLI::App& app, std::vector<std::string> arguments, CommandLine& line) {
  auto slots = add_flags(app);
  auto* inspect = app.add_subcommand("inspect", "Show what a model file is and what it takes");
  inspect->add_option("model", line.argument, "Model file")->type_name("MODEL")->required();
  inspect->add_option("--preload-lib", line.preload, "As in a run")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  auto* bench = app.add_subcommand(
      "bench",
      "Find the fastest batch limit and threads for --model and --input, and print them as lines for "
      "--config; takes the flags of a run");
  bench->fallthrough();
  auto* check = app.add_subcommand("check",
                                   "Tell in seconds whether a run would work and what it would do, without "
                                   "scoring the input: a table, exit code 0 "
                                   "or 2; takes the flags of a run");
  check->add_flag("--json", line.as_json, "One JSON object in the table's place");
  check->fallthrough();

  add_merge(app, line);
  add_peek(app, line);

  const auto forms = flag_forms(app);
  arguments = with_whole_values(forms, arguments);
  const auto from_environment = take_environment(app, arguments);
  for (const auto& form : forms) {
    if (is_given(arguments, form)) line.flags.typed.insert(form.long_names.front());
  }
  std::ranges::reverse(arguments);  // as CLI11 wants a vector
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success&) {
    throw;
  } catch (const CLI::ParseError& error) {
    throw UsageError(with_advice(cli_problem(app, forms, error, from_environment)));
  }
  refuse_empty_values(app);
  if (app.got_subcommand("merge")) line.command = Command::merge;
  if (app.got_subcommand("peek")) line.command = Command::peek;
  if (*inspect) line.command = Command::inspect;
  if (*bench) line.command = Command::bench;
  if (*check) line.command = Command::check;
  const bool has_run_flags = !*inspect && line.command != Command::merge && line.command != Command::peek;
  if (has_run_flags) line.flags.unknown_variables = unknown_variables(forms, variable_names());
  if (app.get_config_ptr()->count() > 0) line.flags.config_file = app.get_config_ptr()->as<std::string>();
  for (auto& slot : slots) {
    if (slot.option->count() > 0) line.flags.values.emplace_back(slot.flag, std::move(slot.value));
  }
}

/// Of the command that was named, if one was.
std::string help_of(const CLI::App& app) {
  const auto program = read_program(app);
  for (const auto& command : program.commands) {
    if (app.got_subcommand(command.name)) return command_help(command);
  }
  return short_help(program);
}

}  // namespace

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app(kDescription, "infer");
  app.footer(kFooter);
  app.allow_config_extras(CLI::config_extras_mode::error);
  try {
    parse(app, {argv + 1, argv + argc}, line);
    return line;
  } catch (const CLI::CallForHelp&) {
    line.argument = help_of(app);
  } catch (const CLI::CallForAllHelp&) {
    line.argument = full_help(read_program(app));
  } catch (const CLI::CallForVersion& answer) {
    line.argument = answer.what();
  }
  line.command = Command::answer;
  return line;
}

}  // namespace infer
