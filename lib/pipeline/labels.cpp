#include "pipeline/labels.hpp"

#include <filesystem>
#include <fstream>

#include "base/error.hpp"

namespace infer {

std::vector<std::string> read_labels(const std::string& path) {
  std::vector<std::string> labels;
  if (path.empty()) return labels;
  if (std::filesystem::is_directory(path)) throw UsageError("--labels " + path + " is a folder; name a file");
  std::ifstream file(path);
  if (!file) throw UsageError(errno_message("cannot open --labels " + path));
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    labels.push_back(line);
  }
  if (labels.empty()) throw UsageError("--labels " + path + " is empty; it needs one label per line");
  return labels;
}

}  // namespace infer
