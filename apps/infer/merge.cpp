#include "merge.hpp"

#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace infer {

ExitCode merge(const MergeRequest& request) {
  const auto merged = merge_parts(request);
  spdlog::info("merged {}: {}, {} failed, {} bytes; wrote {}", counted(merged.parts, "part"),
               counted(merged.records, "record"), merged.failed, merged.bytes,
               request.output == "-" ? "to standard output" : printable(request.output));
  return ExitCode::complete;
}

}  // namespace infer
