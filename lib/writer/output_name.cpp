#include "writer/output_name.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/error.hpp"
#include "writer/journal/sync_folder.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

bool is_regular_or_new(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

/// Where a link leads, also one to a file that is not there yet: the target is created or replaced, and not
/// the link.
std::string resolved(const std::string& path) {
  constexpr int kMostLinks = 40;  // as Linux follows
  if (path == "-" || !is_regular_or_new(path)) return path;
  std::error_code error;
  fs::path place = path;
  for (int link = 0; link < kMostLinks && fs::is_symlink(place, error); ++link)
    place = place.parent_path() / fs::read_symlink(place, error);
  if (place == path) return path;
  const auto target = fs::weakly_canonical(place, error).string();
  return error ? path : target;
}

/// What has the name of the output.
enum class Holder { nobody, own_file, empty_file, other };

Holder holder_of_name(const OutputPath& path) {
  struct stat there {};
  struct stat own {};
  if (::lstat(path.final.c_str(), &there) != 0) return Holder::nobody;
  const bool is_own =
      ::lstat(path.written.c_str(), &own) == 0 && own.st_ino == there.st_ino && own.st_dev == there.st_dev;
  if (is_own) return Holder::own_file;  // a crash may leave both where link() has to do for rename()
  return S_ISREG(there.st_mode) && there.st_size == 0 ? Holder::empty_file : Holder::other;
}

/// Fails with EEXIST; where the file system can neither do that at once nor have two names for a file, by
/// looking first.
int rename_to_free_name(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (::link(from, to) == 0) return ::unlink(from);
  if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;
  struct stat there {};
  if (::lstat(to, &there) != 0) return ::rename(from, to);
  errno = EEXIST;
  return -1;
}

std::string taken_text(const OutputPath& path) {
  return path.final +
         " appeared while the run was on, which is not to replace anything: it stays, and the finished "
         "rows " +
         "are in " + path.written +
         ". Move it away, then --resume gives them the name; --overwrite replaces it";
}

}  // namespace

OutputPath output_path(const std::string& path) {
  const auto final = resolved(path);
  return {final, final != "-" && is_regular_or_new(final) ? final + ".partial" : final};
}

void check_output(const std::string& path, bool rewritten) {
  if (path == "-") return;
  const auto target = resolved(path);
  const auto attempt =
      "cannot create the output " + path + (target == path ? "" : " (a link to " + target + ")");
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno != ENOENT) throw UsageError(errno_message(attempt));
  if (S_ISDIR(status.st_mode)) throw UsageError(attempt + ": it is a folder; name a file");
  if (rewritten && !is_regular_or_new(path))
    throw UsageError(attempt +
                     ": what is written again, or read again, at its end cannot be a pipe or a device; "
                     "name a file");
  const auto folder = fs::path(target).parent_path();
  const auto* needed = is_regular_or_new(path) ? folder.c_str() : path.c_str();
  if (::access(*needed == '\0' ? "." : needed, W_OK) == 0) return;
  const bool no_folder = errno == ENOENT;
  const auto* remedy =
      target.find("://") == std::string::npos
          ? "; make its folder first, or name another"
          : "; infer opens no addresses: write a file and copy it, or pipe the rows out, by --output -";
  throw UsageError(errno_message(attempt).append(no_folder ? remedy : ""));
}

std::string name_problem(const OutputPath& path, Existing existing) {
  if (path.is_direct() || existing == Existing::is_replaced) return {};
  return holder_of_name(path) == Holder::other ? taken_text(path) : "";
}

void publish(const OutputPath& path, Existing existing) {
  const auto holder = holder_of_name(path);
  const auto* const from = path.written.c_str();
  const auto* const to = path.final.c_str();
  const bool replaces = existing == Existing::is_replaced || holder == Holder::empty_file;
  const int failed = holder == Holder::own_file ? ::unlink(from)  // rename() would leave both names
                     : replaces                 ? ::rename(from, to)
                                                : rename_to_free_name(from, to);
  if (failed != 0 && errno == EEXIST) throw RunError(taken_text(path));
  if (failed != 0) throw RunError(errno_message("cannot rename " + path.written + " to " + path.final));
  sync_folder_of(path.final);
}

}  // namespace infer
