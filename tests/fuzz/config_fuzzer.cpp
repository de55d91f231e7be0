// Any command line, one argument a line, and after a NUL any --config file: a configuration or a UsageError.
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "command_line/cli.hpp"
#include "fuzz/memory_file.hpp"
#include "version.hpp"

namespace infer {

// The real one asks LibTorch and MPI.
std::string version_text() { return "infer\n"; }
const char* infer_version() { return "0"; }

namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find('\n');
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

/// No file but the one given is to be read, whatever device the fuzzer may find.
bool names_a_config(const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    if (argument.starts_with("--config")) return true;
  }
  return false;
}

void run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  try {
    const auto line = parse_command_line(static_cast<int>(argv.size()), argv.data());
    if (line.command == Command::run || line.command == Command::bench) make_run_config(line.flags);
  } catch (const UsageError&) {
  }
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto end = text.find('\0');
  auto arguments = split(text.substr(0, end));
  if (names_a_config(arguments)) return -1;
  arguments.insert(arguments.begin(), "infer");
  if (end == std::string_view::npos) {
    run(arguments);
    return 0;
  }
  const fuzz::MemoryFile file(text.substr(end + 1));
  arguments.push_back("--config=" + file.path());
  run(arguments);
  return 0;
}
