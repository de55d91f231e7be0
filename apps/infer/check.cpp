#include "check.hpp"

#include <string>
#include <vector>

#include "base/standard_output.hpp"
#include "check/check_report.hpp"

namespace infer {
namespace {

void say(const std::string& text) {
  if (!answer_on_standard_output(text)) throw RunError("cannot write what was found to standard output");
}

}  // namespace

ExitCode check(World& world, const RunConfig& config, const Launch& launch, bool as_json) {
  std::vector<CheckLine> lines;
  const auto verdict = check_run(world, config, launch, [&](const CheckLine& line) {
    if (!as_json) say(lines.empty() ? table_head() + table_row(line) : table_row(line));
    lines.push_back(line);
  });
  if (as_json && world.channel().rank() == 0) say(check_json(lines));
  return verdict == Verdict::fail ? ExitCode::usage : ExitCode::complete;
}

}  // namespace infer
