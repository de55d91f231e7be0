// `infer merge`: folders of parts become the single file that the run would have written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace infer {

struct MergeRequest {
  std::vector<std::string> folders;  ///< joined in this order
  std::string output = "-";
  bool overwrite = false;
};

struct Merged {
  std::uint64_t parts = 0;
  std::uint64_t records = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes = 0;
};

/// Verifies each part while it copies it. The file appears under its name only when it is complete, with
/// what --resume and --retry-errors need where all is of one folder. Throws UsageError for what shows before
/// the first byte, RunError else.
Merged merge_parts(const MergeRequest& request);

}  // namespace infer
