#include "reader/named_inputs.hpp"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.hpp"

namespace infer {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRecordEnding = ".run";  ///< of what a run leaves beside its output

bool is_hidden(const std::string& name) { return name.starts_with('.') || name.starts_with('_'); }

bool is_folder(const std::string& path) {
  std::error_code unknown;
  return fs::is_directory(path, unknown);
}

/// Gathers the files below folders. Links are followed.
class FolderWalk {
 public:
  explicit FolderWalk(std::vector<std::string> files) : files_(std::move(files)) {}

  void walk(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0)
      throw UsageError(errno_message("cannot read the input folder " + folder));
    const std::pair self(status.st_dev, status.st_ino);
    if (std::ranges::find(above_, self) != above_.end())
      throw UsageError("the input folder " + folder +
                       " is a link to a folder that it lies in: name the files");
    above_.push_back(self);
    std::error_code failed;
    fs::directory_iterator entry(folder, failed);
    for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) add(*entry, folder);
    if (failed) throw UsageError(errno_message("cannot read the input folder " + folder, failed.value()));
    above_.pop_back();
  }

  std::vector<std::string> take_files() { return std::move(files_); }
  std::size_t left_out() const { return left_out_; }

 private:
  void add(const fs::directory_entry& entry, const std::string& folder) {
    const auto name = entry.path().filename().string();
    const auto path = folder.ends_with('/') ? folder + name : folder + '/' + name;
    std::error_code unknown;
    if (is_hidden(name)) {
      ++left_out_;
    } else if (entry.is_directory(unknown)) {
      walk(path);
    } else if (entry.is_fifo(unknown) || entry.is_socket(unknown) || entry.is_other(unknown)) {
      ++left_out_;
    } else {
      files_.push_back(path);  // a link to nothing too: opening it tells
    }
  }

  std::vector<std::string> files_;
  std::vector<std::pair<dev_t, ino_t>> above_;  // the folders that are being walked
  std::size_t left_out_ = 0;
};

/// A run's own record of an output that is there too.
void drop_run_records(std::vector<std::string>& sorted) {
  const auto is_record = [all = sorted](const std::string& path) {
    return path.ends_with(kRecordEnding) &&
           std::ranges::binary_search(all, path.substr(0, path.size() - kRecordEnding.size()));
  };
  std::erase_if(sorted, is_record);
}

/// `files` and what is in `folders`.
std::vector<std::string> with_files_of(std::span<const std::string> folders, std::vector<std::string> files,
                                       const std::string& given) {
  FolderWalk all(std::move(files));
  for (const auto& folder : folders) all.walk(folder);
  files = all.take_files();
  if (files.empty()) {
    const auto left_out = all.left_out() == 0 ? std::string()
                                              : "; left out: " + std::to_string(all.left_out()) +
                                                    " (names that begin with . or _, and what is no file)";
    throw UsageError("there are no files in the input " + given + ", nor in folders of it" + left_out);
  }
  std::ranges::sort(files);
  drop_run_records(files);
  return files;
}

struct FreeMatches {
  void operator()(glob_t* matches) const { ::globfree(matches); }
};

/// As the shell has it, but in no order.
std::vector<std::string> matches_of(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, FreeMatches> owner(&found);
  const int code = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &found);
  if (code == GLOB_NOMATCH)
    throw UsageError("the input " + pattern +
                     ": there is no file of that name, and none that the pattern matches, where *, ? and "
                     "[...] stand for anything but / and a leading dot; see: ls -d " +
                     pattern);
  if (code != 0) throw UsageError(errno_message("cannot look for the input " + pattern));
  return {found.gl_pathv, found.gl_pathv + found.gl_pathc};
}

/// Whether it lies in a folder that a folder's walk would leave out, and that the pattern does not name so.
bool lies_hidden(const fs::path& match, const fs::path& pattern) {
  const auto above = match.parent_path();
  const auto [name, wanted] =
      std::ranges::mismatch(above, pattern.parent_path(), [](const fs::path& one, const fs::path& other) {
        return !is_hidden(one.string()) || is_hidden(other.string()) || one == "." || one == "..";
      });
  return name != above.end();
}

/// What it matches; of a folder its files.
std::vector<std::string> files_matching(const std::string& pattern) {
  auto files = matches_of(pattern);
  std::erase_if(files, [&](const auto& path) { return lies_hidden(path, pattern); });
  const auto behind = std::ranges::partition(files, [](const auto& path) { return !is_folder(path); });
  std::vector<std::string> folders(behind.begin(), behind.end());
  files.erase(behind.begin(), behind.end());
  std::erase_if(folders, [](const auto& path) { return is_hidden(fs::path(path).filename().string()); });
  return with_files_of(folders, std::move(files), pattern);
}

}  // namespace

std::vector<std::string> named_inputs(const std::string& given) {
  struct stat status {};
  if (given == "-") return {given};
  if (::lstat(given.c_str(), &status) == 0) {
    return is_folder(given) ? with_files_of(std::span(&given, 1), {}, given) : std::vector{given};
  }
  if (given.find_first_of("*?[") == std::string::npos) return {given};
  return files_matching(given);
}

}  // namespace infer
