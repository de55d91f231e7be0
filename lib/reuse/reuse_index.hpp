// Finds a row of earlier outputs by its key.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.hpp"
#include "record/row_key.hpp"
#include "reuse/index_format.hpp"

namespace infer {

/// What build_reuse_index() made, with the outputs and their keys, all mapped: pages are shared by the
/// processes of a host, and given up where memory is short. Thread-safe, without locks. The outputs are whole
/// and never written again, as runs leave them; one that is cut off nevertheless while this lives ends the
/// process (SIGBUS), one that is written over gives other rows.
class ReuseIndex {
 public:
  /// Nothing needs a name afterwards. Throws UsageError where an output or its keys are not what they were
  /// when the index was made.
  explicit ReuseIndex(const std::string& path);

  /// The row as the output has it, with its newline. Valid for as long as this lives.
  std::optional<std::string_view> find(const RowKey& key) const;

  /// That can be found.
  std::uint64_t rows() const { return head_.found_rows; }
  /// Of the index, without outputs and keys.
  std::uint64_t bytes() const { return head_.bytes; }

 private:
  struct File {
    detail::IndexedFile is;
    MappedFile keys;
    MappedFile output;
    std::span<const std::uint64_t> block_rows;
    std::span<const std::uint64_t> places;

    const RowKey& key(std::uint64_t row) const;
    std::string_view row(std::uint64_t row) const;
  };
  template <class T>
  std::span<const T> section(std::uint64_t at, std::uint64_t count) const;
  void open_files();
  const File& file_of(std::uint64_t row) const;

  MappedFile index_;
  detail::IndexHead head_;
  std::span<const detail::Slot> slots_;
  std::span<const detail::Region> regions_;
  std::vector<File> files_;
};

}  // namespace infer
