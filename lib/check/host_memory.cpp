#include "check/host_memory.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 62U;  ///< the old groups say a number like this

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end != text.data() ? std::optional(value) : std::nullopt;
}

/// The number behind `name` on a line of its own.
std::optional<std::uint64_t> value_of(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const auto digits = line.find_first_of("0123456789", name.size());
    return digits == std::string::npos ? std::nullopt : number(std::string_view(line).substr(digits));
  }
  return std::nullopt;
}

/// Where this process's group is: "/a/b" of the line "0::/a/b", or of "5:memory:/a/b" of the old groups.
std::string group_path(const std::string& mark) {
  std::istringstream lines(read_text("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (const auto at = line.find(mark); at != std::string::npos) return line.substr(at + mark.size());
  }
  return "";
}

struct GroupFiles {
  fs::path root;
  std::string mark;
  std::string limit;
  std::string used;
};

/// The least of the group and those around it.
std::optional<std::uint64_t> room_in_groups(const GroupFiles& files) {
  std::optional<std::uint64_t> least;
  auto place = files.root / fs::path(group_path(files.mark)).relative_path();
  for (; place.string().size() >= files.root.string().size(); place = place.parent_path()) {
    const auto given_back = value_of(read_text(place / "memory.stat"), "inactive_file").value_or(0);
    const auto room =
        room_in_group(read_text(place / files.limit), read_text(place / files.used), given_back);
    if (room) least = std::min(least.value_or(*room), *room);
    if (place == files.root) break;
  }
  return least;
}

}  // namespace

std::optional<std::uint64_t> parse_meminfo(const std::string& text) {
  const auto available = value_of(text, "MemAvailable:");
  if (!available) return std::nullopt;
  return kKiB * (*available + value_of(text, "SwapFree:").value_or(0));
}

std::optional<std::uint64_t> room_in_group(const std::string& limit, const std::string& used,
                                           std::uint64_t given_back) {
  const auto most = number(limit);
  const auto taken = number(used);
  if (!most || !taken || *most >= kNoLimit) return std::nullopt;
  const auto kept = *taken - std::min(*taken, given_back);
  return *most - std::min(*most, kept);
}

std::optional<std::uint64_t> available_memory() {
  auto least = parse_meminfo(read_text("/proc/meminfo"));
  const GroupFiles now{"/sys/fs/cgroup", "0::", "memory.max", "memory.current"};
  const GroupFiles old{"/sys/fs/cgroup/memory", ":memory:", "memory.limit_in_bytes", "memory.usage_in_bytes"};
  for (const auto& files : {now, old}) {
    if (const auto room = room_in_groups(files)) least = std::min(least.value_or(*room), *room);
  }
  return least;
}

}  // namespace infer
