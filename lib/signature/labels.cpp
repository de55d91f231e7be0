#include "signature/labels.hpp"

#include "base/error.hpp"
#include "base/read_lines.hpp"

namespace infer {

std::vector<std::string> read_labels(const std::string& path) {
  if (path.empty()) return {};
  auto labels = read_lines("--labels", path);
  if (labels.empty()) throw UsageError("--labels " + path + " is empty; it needs one label per line");
  return labels;
}

}  // namespace infer
