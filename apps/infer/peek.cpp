#include "peek.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "base/file_io.hpp"
#include "base/standard_output.hpp"
#include "base/text.hpp"
#include "inherited.hpp"
#include "progress/log_sink.hpp"

namespace infer {
namespace {

/// False when nobody reads any more, as behind `| head`.
bool write(std::string_view text) {
  if (write_all(standard_output(), text)) return true;
  if (errno == EPIPE) return false;
  throw RunError(errno_message("cannot write to standard output"), /*may_go_on=*/false);
}

}  // namespace

ExitCode peek_at(PeekRequest request) {
  if (!has_standard_output()) throw UsageError("there is no standard output to answer on: it is closed");
  if (::isatty(standard_output()) == 1) request.columns = terminal_columns(standard_output());
  for (const auto& note : peek(request, write)) spdlog::warn("{}", printable(note));
  return ExitCode::complete;
}

}  // namespace infer
