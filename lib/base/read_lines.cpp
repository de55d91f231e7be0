#include "base/read_lines.hpp"

#include <filesystem>
#include <fstream>

#include "base/error.hpp"

namespace infer {

std::vector<std::string> read_lines(const std::string& flag, const std::string& path) {
  if (std::filesystem::is_directory(path)) throw UsageError(flag + " " + path + " is a folder; name a file");
  std::ifstream file(path);
  if (!file) throw UsageError(errno_message("cannot open " + flag + " " + path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace infer
