// A model file, opened once: what it is and says of itself, without LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model_file/archive.hpp"
#include "model_file/bundle.hpp"
#include "model_file/model_facts.hpp"
#include "model_file/package_facts.hpp"
#include "model_file/stages.hpp"
#include "model_file/weights_file.hpp"

namespace infer {

/// Where a file of this name is that belongs to a model: beside it, or beside what its path is a link to.
std::filesystem::path beside_model(const std::filesystem::path& model, const std::string& name);

/// Keeps the file open: all that is said of it, and all that is loaded, is of one file, also when another has
/// its name by now. Only what tells the format is read at once, the rest where it is asked for. What is wrong
/// is thrown, as UsageError, by the first who asks. Thread-safe.
class ModelFile {
 public:
  explicit ModelFile(std::filesystem::path path);
  /// Reads `copy`, and calls it `path`; weights outside are beside the copy.
  ModelFile(std::filesystem::path path, const std::filesystem::path& copy);

  const std::filesystem::path& path() const { return path_; }
  /// As file_identity(): of any file that can be opened.
  std::string identity() const;

  // Those below throw, with what the file is and how to make a runnable one, for what is no model.

  ModelFormat format() const { return archive().format; }
  std::uint64_t bytes() const;
  /// Empty for a model file that is no bundle. Throws UsageError, naming file and key, for a bundle that is
  /// damaged, of another version, or does not hold together.
  std::optional<Bundle> bundle() const;
  /// Of its bundle, without the tokenizer: names of libraries, as Bundle has them.
  std::vector<std::string> needs() const;
  /// "cpu" or "cuda" for a compiled model; empty for one that runs where it is loaded.
  std::string compiled_device() const;

  // Of an AOTInductor package.

  /// Throws UsageError where a stage is not in it, and for several models that are no stages.
  StagedModel stages() const;
  detail::PackageFacts package_facts() const;
  /// What unpack_package() writes.
  std::uint64_t package_bytes() const;
  /// Into a folder that is empty, for LibTorch. Throws UsageError when it cannot be written, too.
  void unpack_package(const std::filesystem::path& folder) const;

  /// Null where they are inside. Throws UsageError where they cannot be used.
  std::shared_ptr<const WeightsFile> weights() const;

  // For who reads the file on.

  /// A path that leads to this file as long as this object lives, where /proc is mounted.
  std::filesystem::path lasting_path() const;
  /// Less than asked for only at the file's end, or where it cannot be read.
  std::size_t read_into(std::span<char> place, std::uint64_t begin) const;

 private:
  void open(const std::filesystem::path* copy);
  void open_weights(const std::filesystem::path& model);
  const detail::ZipFile& file() const;
  const detail::Archive& archive() const;

  std::filesystem::path path_;
  std::optional<detail::ZipFile> file_;
  std::optional<detail::Archive> archive_;
  std::exception_ptr problem_;  // why one of them is not there
  std::shared_ptr<const WeightsFile> weights_;
  std::exception_ptr weights_problem_;
};

}  // namespace infer
