#include "model/package/package_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/error.hpp"
#include "base/host_name.hpp"
#include "base/temporary_folder.hpp"
#include "model/failure.hpp"

namespace infer::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRandomPart = "XXXXXX";
constexpr int kAttempts = 100;  // to make a folder that no one else cleans away in the same instant

/// Same for all processes of this host, and of no other that shares the folder: locks may not reach there.
std::string name_prefix() { return "infer-model-" + host_name() + "-"; }

UniqueFd open_folder(const fs::path& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Whether `fd` is our own, and still what stands at `path`.
bool is_own_folder(const UniqueFd& fd, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return fd && ::fstat(fd.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev && opened.st_uid == ::geteuid();
}

/// Removes what processes of this host left behind. Whatever cannot be removed is left to others.
void remove_abandoned(const fs::path& parent) {
  const auto prefix = name_prefix();
  std::error_code ignored;
  for (fs::directory_iterator entry(parent, ignored), end; entry != end; entry.increment(ignored)) {
    const auto& path = entry->path();
    const auto name = path.filename().string();
    if (!name.starts_with(prefix) || name.size() != prefix.size() + kRandomPart.size()) continue;
    const auto folder = open_folder(path);
    if (!is_own_folder(folder, path) || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) continue;
    fs::remove_all(path, ignored);
  }
}

void check_room(const fs::path& parent, std::uint64_t needed) {
  std::error_code error;
  const auto room = fs::space(parent, error).available;
  if (error || room >= needed) return;
  throw LoadProblem("the model is unpacked to " + parent.string() + " and needs " + std::to_string(needed) +
                    " bytes there, but " + std::to_string(room) +
                    " are free; free some, or set TMPDIR to a folder with more");
}

/// Whether generated code may open this file after the model was loaded, when a kernel first runs: kernels of
/// a GPU (.cubin, .hsaco, .spv), and libraries beside the main one. What is unknown is kept.
bool may_be_read_later(const fs::path& path) {
  constexpr std::array<std::string_view, 6> kReadAtLoad{".json", ".cpp", ".h", ".o", ".blob", ".bin"};
  const auto name = path.filename().string();
  return !name.ends_with(".wrapper.so") &&
         std::ranges::find(kReadAtLoad, path.extension()) == kReadAtLoad.end();
}

}  // namespace

PackageFolder::PackageFolder(std::uint64_t bytes) {
  const auto parent = temporary_folder();
  remove_abandoned(parent);
  check_room(parent, bytes);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto name = (parent / name_prefix().append(kRandomPart)).string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw LoadProblem(errno_message("cannot make a folder in " + parent.string() + " to unpack the model") +
                        "; set TMPDIR to a folder that can be written");
    }
    path_ = name;
    lock_ = open_folder(path_);
    if (lock_) ::flock(lock_.get(), LOCK_EX);
    // Another process may have found the folder before it was locked, and removed it: even before it was
    // open.
    if (is_own_folder(lock_, path_)) return;
  }
  throw LoadProblem("cannot keep a folder in " + parent.string() +
                    ", other processes remove it; set TMPDIR to another folder");
}

PackageFolder::~PackageFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bool may_execute_in(const fs::path& folder) {
  struct statvfs where {};
  return ::statvfs(folder.c_str(), &where) != 0 || (where.f_flag & ST_NOEXEC) == 0;
}

void PackageFolder::use_while(const std::function<void()>& load) const {
  constexpr auto kName = "TMPDIR";
  const char* const given = std::getenv(kName);
  const auto before = given != nullptr ? std::optional<std::string>(given) : std::nullopt;
  const auto restore = [&] { before ? ::setenv(kName, before->c_str(), 1) : ::unsetenv(kName); };
  ::setenv(kName, path_.c_str(), 1);
  try {
    load();
  } catch (...) {
    restore();
    throw;
  }
  restore();
}

void PackageFolder::remove_loaded() {
  std::vector<fs::path> removable;
  std::error_code error;
  bool all = true;
  for (fs::recursive_directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) continue;
    const bool keep = may_be_read_later(entry->path());
    all = all && !keep;
    if (!keep) removable.push_back(entry->path());
  }
  if (error) return;  // the end of the process is early enough
  for (const auto& path : removable) fs::remove(path, error);
  if (all) fs::remove_all(path_, error);
}

}  // namespace infer::detail
