// The keys of a finished output, in its file OUTPUT.keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/mapped_file.hpp"
#include "keys/keys_text.hpp"
#include "record/row_key.hpp"

namespace infer {

struct KeysFileBlock {
  KeysBlock block;
  std::uint64_t first_row = 0;
  std::span<const RowKey> keys;  ///< of the file's memory
};

/// Mapped: of the file only what is looked at is in memory. Thread-safe.
class KeysFile {
 public:
  enum class Check {
    all,    ///< reads the whole file
    heads,  ///< leaves each block's keys to check_keys()
  };
  /// Throws UsageError, which says what is wrong with the file and what helps.
  explicit KeysFile(std::string path, Check check = Check::all);

  const std::string& path() const { return path_; }
  const KeysHead& head() const { return head_; }
  const std::vector<KeysFileBlock>& blocks() const { return blocks_; }
  /// Of a row of the output, from 0.
  const RowKey& key(std::uint64_t row) const;

  /// Throws UsageError where this block's keys are damaged.
  void check_keys(std::size_t block) const;
  /// As it was opened.
  const MappedFile& file() const { return file_; }

 private:
  std::string path_;
  MappedFile file_;
  KeysHead head_;
  std::vector<KeysFileBlock> blocks_;
  std::vector<std::uint64_t> digests_;  ///< of the blocks' keys
};

}  // namespace infer
