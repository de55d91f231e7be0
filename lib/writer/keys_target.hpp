// The file of keys beside an output while it is written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "keys/keys_text.hpp"
#include "writer/output_file.hpp"

namespace infer {

/// Thread-compatible. What fails throws RunError.
class KeysTarget {
 public:
  /// Creates the file, or goes on after `kept`; throws UsageError. `head` without its counts.
  KeysTarget(const std::string& path, KeysHead head, const Segment& kept);

  /// Rows of these keys were written as `text`, which ends at byte `end` of the output.
  void add(std::string_view keys, std::string_view text, std::uint64_t end);
  /// Nothing comes any more; the output has so many rows and bytes.
  void finish(std::uint64_t rows, std::uint64_t output_bytes);

  OutputFile& file() { return file_; }

 private:
  KeysHead head_;
  OutputFile file_;
};

}  // namespace infer
