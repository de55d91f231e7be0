#include "start/file_roles.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "base/canonical_path.hpp"
#include "base/error.hpp"
#include "base/standard_output.hpp"
#include "keys/keys_path.hpp"
#include "reader/images/input_list.hpp"
#include "reader/input_file.hpp"
#include "report/replaced_file.hpp"
#include "writer/journal/replaceable.hpp"
#include "writer/output_name.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {
namespace {

struct Role {
  std::string path;
  std::string what;        ///< "--trace m.pt"
  int descriptor = -1;     ///< of what is open already
  bool is_result = false;  ///< written under a name that was given
};

std::string text_of(const struct stat& status) {
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

/// The same for all names of one file, also of one that is not there yet. Empty for what can have several
/// readers and writers at once, as a terminal has.
std::string identity(const Role& role) {
  struct stat status {};
  const bool is_open = role.descriptor >= 0;
  const bool is_there =
      (is_open ? ::fstat(role.descriptor, &status) : ::stat(role.path.c_str(), &status)) == 0;
  if (is_there) return S_ISREG(status.st_mode) ? text_of(status) : "";
  return is_open ? "" : canonical_path(role.path);
}

/// It gives way at the end.
bool is_output(std::span<const RunConfig> outputs, const std::string& path) {
  const auto place = canonical_path(path);
  return std::ranges::any_of(
      outputs, [&](const RunConfig& each) { return canonical_path(each.output.path) == place; });
}

std::vector<Role> files_read(const RunConfig& config, std::span<const RunConfig> outputs) {
  std::vector<Role> roles{{config.model.path, "--model " + config.model.path}};
  for (const auto& path : config.model.preload) roles.push_back({path, "--preload-lib " + path});
  for (const auto& path : config.input.files)
    roles.push_back({path, "--input " + input_name(path), path == "-" ? STDIN_FILENO : -1});
  for (const auto& path : config.output.reuse) {
    if (is_output(outputs, path)) continue;
    roles.push_back({path, "--reuse " + path});
    roles.push_back({keys_path(path), keys_path(path) + " (the keys of --reuse " + path + ")"});
  }
  if (!config.input.list.empty()) roles.push_back({config.input.list, "--input-list " + config.input.list});
  if (!config.results.labels.empty())
    roles.push_back({config.results.labels, "--labels " + config.results.labels});
  if (!config.command.config_file.empty())
    roles.push_back({config.command.config_file, "--config " + config.command.config_file});
  return roles;
}

void add_output(std::vector<Role>& roles, const std::string& flag, const std::string& name) {
  const auto path = output_path(name);
  const auto what = flag + " " + (name == "-" ? "(standard output)" : name);
  roles.push_back({path.final, what, name == "-" ? standard_output() : -1, name != "-"});
  if (path.is_direct()) return;
  for (const auto& helper : {path.written, path.journal(), path.journal() + ".new"})
    roles.push_back({helper, helper + " (which " + what + " needs while it is written)"});
  if (flag == "--output")
    roles.push_back({path.record(), path.record() + " (which " + what + " leaves beside it)"});
}

void add_replaced(std::vector<Role>& roles, const std::string& flag, const std::string& name) {
  const auto what = flag + " " + name;
  const auto made = file_in_the_making(name);
  roles.push_back({name, what, -1, true});
  roles.push_back({made, made + " (which " + what + " needs while it is written)"});
}

std::vector<Role> files_written(const RunConfig& config) {
  std::vector<Role> roles;
  add_output(roles, "--output", config.output.path);
  if (config.output.errors) add_output(roles, "--errors", *config.output.errors);
  if (config.output.keys && config.output.dir.empty())
    add_output(roles, "--keys", keys_path(config.output.path));
  if (config.output.trace)
    roles.push_back({*config.output.trace, "--trace " + *config.output.trace, -1, true});
  if (config.output.report) add_replaced(roles, "--report", *config.output.report);
  if (config.output.metrics_file) add_replaced(roles, "--metrics-file", *config.output.metrics_file);
  return roles;
}

/// A run learns only on its way which files its records name, and what it writes may be replaced by then.
bool holds_pictures(const Role& role) {
  const auto path = role.descriptor < 0 ? role.path : "/proc/self/fd/" + std::to_string(role.descriptor);
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown) || ::access(path.c_str(), R_OK) != 0) return false;
  return begins_as_picture(path) || stat_input(path).kind == InputKind::tar;
}

/// Parts are as many as the input makes them: no file of such a name may be read.
void check_parts(const RunConfig& config) {
  if (config.output.dir.empty()) return;
  const std::filesystem::path folder = canonical_path(config.output.dir);
  for (const auto& role : files_read(config, {&config, 1})) {
    const std::filesystem::path file = canonical_path(role.path);
    if (role.descriptor < 0 && file.parent_path() == folder && is_part_file(file.filename().string()))
      throw UsageError(role.what + " is called like a part of --output-dir " + config.output.dir +
                       ", which the run may write or remove: write to another folder");
  }
}

}  // namespace

void check_file_roles(std::span<const RunConfig> outputs) {
  std::map<std::string, std::string> read;
  std::vector<Role> all_written;
  for (const auto& config : outputs) {
    check_parts(config);
    for (const auto& role : files_read(config, outputs)) read.emplace(identity(role), role.what);
    std::ranges::move(files_written(config), std::back_inserter(all_written));
  }
  std::map<std::string, std::string> written;
  for (const auto& role : all_written) {
    const auto id = identity(role);
    if (id.empty()) continue;
    if (const auto other = read.find(id); other != read.end())
      throw UsageError(role.what + " is the file of " + other->second +
                       ", which the run reads and would destroy: give another name");
    if (holds_pictures(role))
      throw UsageError(role.what +
                       " is a picture or a tar, which no run replaces: give another name, or remove it");
    if (role.is_result) check_replaceable(role.path, role.what);
    if (const auto [other, is_new] = written.emplace(id, role.what); !is_new)
      throw UsageError(role.what + " is also " + other->second + ": give another name");
  }
}

}  // namespace infer
