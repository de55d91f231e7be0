// The files of a compiled model, unpacked once for all processes of a host.
#pragma once

#include <filesystem>
#include <memory>

#include "model_file/model_file.hpp"

namespace infer {

namespace detail {
class PackageFolder;
}

/// They stand in a folder of TMPDIR for as long as this lives; what is left by a process that was killed, the
/// next one on this host removes. Nothing is unpacked of a format that is loaded as it is, nor for LibTorch
/// before 2.15, which unpacks for itself in each process.
class UnpackedModel {
 public:
  /// `processes`: how many will load it. Throws UsageError when it cannot be unpacked, and where TMPDIR has
  /// no room for it.
  UnpackedModel(const ModelFile& file, int processes);
  UnpackedModel(const UnpackedModel&) = delete;
  UnpackedModel& operator=(const UnpackedModel&) = delete;
  ~UnpackedModel();

  /// For ModelConfig; empty where nothing is unpacked.
  std::filesystem::path folder() const;

  /// Once no process loads it any more: removes what is not read again.
  void remove_loaded();

 private:
  std::unique_ptr<detail::PackageFolder> folder_;
};

namespace detail {

/// Whether this LibTorch loads a package that others unpacked.
bool loads_folders();

}  // namespace detail
}  // namespace infer
