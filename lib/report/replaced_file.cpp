#include "report/replaced_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr std::size_t kHead = 256;

bool is_other(const std::string& path) {
  std::error_code unknown;
  return std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown);
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string head_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kHead, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  return head;
}

[[noreturn]] void fail(const std::string& path) { throw RunError(errno_message("cannot write " + path)); }

void write(const std::string& path, std::string_view text, int flags) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, kFileMode));
  if (!file || !write_all(file.get(), text)) fail(path);
  if ((flags & O_CREAT) != 0 && ::fsync(file.get()) != 0) fail(path);
}

}  // namespace

std::string file_in_the_making(const std::string& path) { return path + ".new"; }

void check_replaced(const std::string& path, const std::string& flag,
                    std::span<const std::string_view> begins, bool overwrite) {
  if (std::filesystem::is_directory(path))
    throw UsageError(flag + " " + path + " is a folder: name a file in it");
  const auto place = is_other(path) ? path : folder_of(path);
  if (::access(place.c_str(), W_OK) != 0)
    throw UsageError(errno_message("cannot write " + flag + " " + path) +
                     "; name a file in a folder that can be written to");
  if (overwrite || is_other(path)) return;
  const auto head = head_of(path);
  const bool is_ours = std::ranges::any_of(begins, [&](auto begin) { return head.starts_with(begin); });
  if (!head.empty() && !is_ours)
    throw UsageError(
        flag + " " + path +
        " exists and is no such file of an earlier run: name another, or replace it with --overwrite");
}

void replace_file(const std::string& path, std::string_view text) {
  if (is_other(path)) return write(path, text, 0);
  const auto made = file_in_the_making(path);
  write(made, text, O_CREAT | O_TRUNC);
  if (::rename(made.c_str(), path.c_str()) != 0) fail(path);
}

}  // namespace infer
