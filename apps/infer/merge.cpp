#include "merge.hpp"

#include <spdlog/spdlog.h>

#include "base/text.hpp"

namespace infer {

ExitCode merge(const MergeRequest& request) {
  const auto merged = merge_parts(request);
  spdlog::info("merged {} part(s): {} records, {} failed, {} bytes; wrote {}", merged.parts, merged.records,
               merged.failed, merged.bytes,
               request.output == "-" ? "to standard output" : printable(request.output));
  return ExitCode::complete;
}

}  // namespace infer
