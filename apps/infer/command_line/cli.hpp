// The command line: parsing, help and version. The only place that knows CLI11.
#pragma once

#include <string>
#include <vector>

#include "flags/run_config.hpp"
#include "merge/merge.hpp"
#include "peek/peek.hpp"

namespace infer {

enum class Command {
  run,
  bench,    ///< with the flags of a run, like the next
  check,    ///< `as_json`: for programs
  inspect,  ///< the model `argument`
  merge,    ///< folders of parts
  peek,     ///< into results
  answer,   ///< `argument`, text for --help or --version
};

struct CommandLine {
  Command command = Command::run;
  std::string argument;
  std::vector<std::string> preload;  ///< of inspect
  bool as_json = false;
  MergeRequest merge;
  PeekRequest peek;
  GivenFlags flags;
};

/// Flags beat environment variables (INFER_MAX_BATCH_SIZE for --max-batch-size) beat --config FILE.
/// Throws UsageError.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace infer
