#include "check.hpp"

#include <string>
#include <vector>

#include "base/standard_output.hpp"
#include "check/check_report.hpp"
#include "comm/agreement.hpp"
#include "start/file_roles.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

void say(const std::string& text) {
  if (!answer_on_standard_output(text)) throw RunError("cannot write what was found to standard output");
}

/// Of one output.
ExitCode check_output(World& world, const RunConfig& config, const Launch& launch, bool as_json) {
  std::vector<CheckLine> lines;
  const auto verdict = check_run(world, config, launch, [&](const CheckLine& line) {
    if (!as_json) say(lines.empty() ? table_head() + table_row(line) : table_row(line));
    lines.push_back(line);
  });
  if (as_json && world.channel().rank() == 0) say(check_json(lines));
  return verdict == Verdict::fail ? ExitCode::usage : ExitCode::complete;
}

}  // namespace

ExitCode check(World& world, const RunConfig& config, const Launch& launch, bool as_json) {
  if (config.others.empty()) return check_output(world, config, launch, as_json);
  const auto outputs = outputs_of(config);
  agree_with_root(world.channel(), Deadline(kSetupTimeout), [&] { check_file_roles(outputs); });
  auto worst = ExitCode::complete;
  for (const auto& output : outputs) {
    if (world.channel().rank() == 0 && !as_json)
      say((&output == &outputs.front() ? "" : "\n") + output.output.path + ", by " + output.model.path +
          ":\n");
    const bool tells_number = &output == &outputs.front();  // which is compared between ranks
    if (check_output(world, tells_number ? config : output, launch, as_json) != ExitCode::complete)
      worst = ExitCode::usage;
  }
  return worst;
}

}  // namespace infer
