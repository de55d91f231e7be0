// A model file's bytes and, of a zip file, where its table of contents lies. Internal to the model file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace infer::detail {

/// The little-endian number of `size` bytes at `at`; the text must reach so far.
std::uint64_t number_at(std::string_view text, std::size_t at, std::size_t size);

struct ZipTable {
  std::uint64_t begin = 0;
  std::uint64_t bytes = 0;
  std::uint64_t members = 0;
};

class ZipFile {
 public:
  /// Throws UsageError when it cannot be opened; so do all others for a file that is damaged.
  explicit ZipFile(const std::filesystem::path& path) : ZipFile(path, path) {}
  /// `copy` is read, and called `path` in messages.
  ZipFile(const std::filesystem::path& path, const std::filesystem::path& copy);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t bytes() const { return bytes_; }
  int descriptor() const { return fd_.get(); }
  std::string read(std::uint64_t begin, std::size_t size) const;
  /// Fills `place` but where the file ends or cannot be read; returns how much.
  std::size_t read_into(std::span<char> place, std::uint64_t begin) const;
  /// From the end records, with zip64 and without. The table lies inside the file.
  ZipTable find_table() const;
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  [[noreturn]] void refuse_cut_off() const;
  std::uint64_t find_end() const;
  std::optional<ZipTable> find_table64(std::uint64_t end) const;
  void check_agreement(const ZipTable& small, const ZipTable& large) const;

  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t bytes_ = 0;
};

/// As file_identity().
std::string identity_of(const ZipFile& file);

}  // namespace infer::detail
