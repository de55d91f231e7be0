// Weights that stand outside of their model: a safetensors file, of which only the header is read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "record/tensor.hpp"

namespace infer {

/// A tensor's place in the file, aligned to its elements.
struct StoredTensor {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
};

/// Opened once: what is read of it later is of one file, also when another has its name by then.
class WeightsFile {
 public:
  /// `digest`: what the file must say of itself, so that weights of another training are not taken for these.
  /// Throws UsageError when it cannot be opened, is damaged or says something else.
  WeightsFile(std::filesystem::path path, const std::string& digest);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }
  int descriptor() const { return fd_.get(); }
  /// Less than asked for only at the file's end, or where it cannot be read.
  std::size_t read_into(std::span<char> place, std::uint64_t begin) const;
  /// By name.
  const std::vector<StoredTensor>& tensors() const { return tensors_; }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t bytes_ = 0;
  std::vector<StoredTensor> tensors_;
};

}  // namespace infer
