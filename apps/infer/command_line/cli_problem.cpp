#include "command_line/cli_problem.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "command_line/unexpected.hpp"

namespace infer {
namespace {

/// CLI11 names the flag only.
std::string with_variable(std::string message, const std::vector<std::string>& from_environment) {
  for (const auto& name : from_environment) {
    if (message.find("--" + name) == std::string::npos) continue;
    return message + " (from " + environment_name(name) + ")";
  }
  return message;
}

/// CLI11 names neither the file nor the line.
std::string config_problem(const std::vector<FlagForm>& flags, const CLI::App& app,
                           const std::string& message) {
  constexpr std::string_view kUnknown = "INI was not able to parse ";
  const auto& paths = app.get_config_ptr()->results();
  const auto path = paths.empty() ? "the file of flags" : paths.back();
  if (!message.starts_with(kUnknown)) return path + ": " + message;
  return unexpected_in_file_text(flags, path, message.substr(kUnknown.size()));
}

/// The form is "Could not convert: --flag = value".
std::string conversion_problem(const std::string& message) {
  const auto flag = message.find("--");
  const auto equals = message.find(" = ");
  if (flag == std::string::npos || equals == std::string::npos) return message;
  return message.substr(flag, equals - flag) + ": \"" + message.substr(equals + 3) + "\" is no number";
}

/// The form is "--flag: NAME unit not recognized. Allowed values: {...}", of every unit in every spelling.
/// Or "--flag: Value TEXT could not be converted to FLOAT".
std::string value_problem(const std::string& message) {
  constexpr std::string_view kValue = ": Value ";
  const auto value = message.find(kValue);
  if (const auto end = message.rfind(" could not be converted");
      value != std::string::npos && end != std::string::npos)
    return message.substr(0, value) + ": \"" +
           message.substr(value + kValue.size(), end - value - kValue.size()) + "\" is no number";
  const auto colon = message.find(": ");
  const auto end = message.find(" unit not recognized");
  if (colon == std::string::npos || end == std::string::npos) return message;
  const bool time = message.ends_with("{d,h,m,s}");
  return message.substr(0, colon) + ": \"" + message.substr(colon + 2, end - colon - 2) + "\" is no unit; " +
         (time ? "give seconds, or a number with s, m, h or d behind it"
               : "give bytes, or a number with KiB, MiB or GiB behind it");
}

/// The form is "--flag: 1 required TYPE missing", where TYPE may be what the flag allows, as a|b.
std::string missing_value_problem(const std::string& message) {
  constexpr std::string_view kRequired = ": 1 required ";
  const auto at = message.find(kRequired);
  if (at == std::string::npos) return message;
  const auto end = message.rfind(" missing");
  const auto type = message.substr(at + kRequired.size(), end - at - kRequired.size());
  return message.substr(0, at) +
         " has no value: nothing follows it (a shell variable in its place may be unset)" +
         (type.find('|') == std::string::npos ? "" : "; it takes " + type);
}

std::string file_problem(const std::string& message) {
  const auto end = message.find(" was not readable");
  if (end == std::string::npos) return message;
  return "--config " + message.substr(0, end) + ": there is no such file, or it may not be read";
}

/// Of the two commands that CLI11 does not let go without.
std::string missing_file_problem(const CLI::App& app) {
  if (app.got_subcommand("merge"))
    return "infer merge needs folders of parts, as in infer merge parts --output scores.jsonl";
  return "infer inspect needs a model file, as in infer inspect model.pt";
}

CommandForm form_of(const CLI::App& app) {
  CommandForm form{app.get_parent() == nullptr ? "" : app.get_name(), {}};
  for (const auto* option : app.get_options())
    form.flags.push_back({option->get_lnames(), option->get_snames()});
  return form;
}

/// Of what the line has besides.
std::string extra_problem(const CLI::App& app, const std::vector<std::string>& extras) {
  const auto* given = &app;
  for (const auto* command : app.get_subcommands()) given = command;
  std::vector<CommandForm> others;
  if (given != &app && !given->get_fallthrough()) others.push_back(form_of(app));
  for (const auto* command : app.get_subcommands({})) {
    if (command != given) others.push_back(form_of(*command));
  }
  auto form = form_of(*given);
  if (given->get_fallthrough()) std::ranges::move(form_of(app).flags, std::back_inserter(form.flags));
  return unexpected_text(form, others, extras);
}

}  // namespace

std::string cli_problem(const CLI::App& app, const std::vector<FlagForm>& flags, const CLI::ParseError& error,
                        const std::vector<std::string>& from_environment) {
  const std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    return extra_problem(app, app.remaining(true));
  if (dynamic_cast<const CLI::ConfigError*>(&error) != nullptr) return config_problem(flags, app, message);
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return missing_file_problem(app);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) return missing_value_problem(message);
  if (dynamic_cast<const CLI::FileError*>(&error) != nullptr) return file_problem(message);
  const bool is_conversion = dynamic_cast<const CLI::ConversionError*>(&error) != nullptr;
  return with_variable(is_conversion ? conversion_problem(message) : value_problem(message),
                       from_environment);
}

}  // namespace infer
