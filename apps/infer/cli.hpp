// The flags of `infer`: parsing, help and version. The only place that knows CLI11.
#pragma once

#include <optional>
#include <string>

#include "options.hpp"

namespace infer {

struct CommandLine {
  Options options;
  std::optional<std::string> inspect;  ///< `infer inspect MODEL`
  bool bench = false;                  ///< `infer bench`, with the flags of a run
  std::optional<std::string> answer;   ///< text for --help or --version; nothing else is to be done
};

/// Flags beat environment variables (INFER_MAX_BATCH_SIZE for --max-batch-size) beat --config FILE.
/// Throws UsageError.
CommandLine parse_command_line(int argc, char** argv);

}  // namespace infer
