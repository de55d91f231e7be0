#include "settings.hpp"

#include <cstdlib>
#include <numeric>
#include <sstream>

namespace simulated {
namespace {

std::string text(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

std::vector<int> visible_devices() {
  std::vector<int> all(std::stoul(text("SIMULATED_GPUS", "1")));
  std::iota(all.begin(), all.end(), 0);
  const char* const visible = std::getenv("CUDA_VISIBLE_DEVICES");
  if (visible == nullptr) return all;
  std::vector<int> chosen;
  std::istringstream list(visible);
  for (std::string item; std::getline(list, item, ',');) chosen.push_back(std::stoi(item));
  return chosen;
}

}  // namespace

const Settings& settings() {
  static const Settings values{visible_devices(),
                               std::stoul(text("SIMULATED_GPU_MIB", "1024")) << 20,
                               std::chrono::microseconds(std::stol(text("SIMULATED_GPU_LAG_US", "200"))),
                               std::stol(text("SIMULATED_GPU_LAST_COPY", "0")),
                               text("SIMULATED_GPU_PINNED_LOG", ""),
                               text("SIMULATED_GPU_FOLDER", "/tmp")};
  return values;
}

}  // namespace simulated
