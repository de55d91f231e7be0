#include "last_words.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "base/standard_output.hpp"
#include "comm/launch.hpp"

namespace infer {
namespace {

std::string speaker() {
  const auto rank = launcher_rank_hint();
  return rank ? rank_name(*rank, host_name()) + ": " : "";
}

/// Without the stack that LibTorch's exceptions have below their first line.
std::string thrown() {
  try {
    if (const auto exception = std::current_exception()) std::rethrow_exception(exception);
    return "no exception";
  } catch (const std::exception& error) {
    const auto text = failure_text(error, "running");
    return text.substr(0, text.find('\n'));
  } catch (...) {
    return "an exception of unknown type";
  }
}

std::string remedy(const std::string& cause) {
  const bool is_index = cause.find("index out of bounds") != std::string::npos ||
                        cause.find("device-side assert") != std::string::npos;
  return is_index ? "; give indices their range (--input-spec name:int64:[*]:LOW..HIGH), and such a record "
                    "is one failed record"
                  : "";
}

void speak() {
  flush_prints();
  const auto cause = thrown();
  spdlog::error(
      "{}the model or a library failed where that ends the process: {}{}; --resume goes on with what was "
      "written",
      speaker(), cause, remedy(cause));
}

/// What failed may have been the memory, which words take, too.
void speak_without_memory() {
  constexpr std::string_view kText =
      "infer: out of memory where that ends the process; give the run more memory; --resume goes on with "
      "what "
      "was written\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
}

[[noreturn]] void speak_and_end() {
  try {
    speak();
  } catch (...) {
    speak_without_memory();
  }
  std::_Exit(static_cast<int>(ExitCode::run_failed));
}

}  // namespace

void speak_before_terminating() { std::set_terminate(speak_and_end); }

}  // namespace infer
