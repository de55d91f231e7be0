#include "base/peak_memory_bytes.hpp"

#include <fcntl.h>

#include <array>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "base/file_io.hpp"
#include "base/unique_fd.hpp"

namespace infer {

std::uint64_t peak_memory_bytes() {
  constexpr std::string_view kKey = "VmHWM:";  // proc_pid_status(5), in KiB
  constexpr std::uint64_t kUnit = 1024;
  std::array<char, 4096> text{};
  const UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  if (!file) return 0;
  const std::string_view status(text.data(), read_at(file.get(), std::span(text), 0).bytes);
  const auto place = status.find(kKey);
  if (place == std::string_view::npos) return 0;
  return std::strtoull(std::string(status.substr(place + kKey.size())).c_str(), nullptr, 10) * kUnit;
}

}  // namespace infer
