// Where a compiled model is unpacked. Nothing of it may outlive the process: a model has gigabytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/unique_fd.hpp"

namespace infer::detail {

/// A folder of this process in TMPDIR (/tmp when unset), locked for as long as the process lives. Folders
/// whose process was killed before it could remove them are no longer locked; the next one on this host
/// removes them.
class PackageFolder {
 public:
  /// When there is no folder to be had, or no room in it for `bytes`: LoadProblem.
  explicit PackageFolder(std::uint64_t bytes);
  PackageFolder(const PackageFolder&) = delete;
  PackageFolder& operator=(const PackageFolder&) = delete;
  ~PackageFolder();

  const std::filesystem::path& path() const { return path_; }

  /// Runs `load` with TMPDIR set to this folder. No other thread may use the environment meanwhile.
  void use_while(const std::function<void()>& load) const;

  /// Removes what nothing reads again once the model is loaded: everything, for nearly all models for the
  /// CPU. The kernels of a GPU model stay, unless they are embedded: each is loaded when it first runs, which
  /// may be at any time.
  void remove_loaded();

 private:
  std::filesystem::path path_;
  UniqueFd lock_;
};

/// Whether code may be executed from there; not if it is mounted noexec.
bool may_execute_in(const std::filesystem::path& folder);

}  // namespace infer::detail
