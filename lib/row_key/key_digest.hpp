// Makes the key of a record's row from what the model gets of the record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "record/row_key.hpp"
#include "row_key/lasting_digest.hpp"

namespace infer {

/// Thread-compatible. The same pieces in the same order give the same key; how bytes are cut into pieces
/// counts.
class KeyDigest {
 public:
  /// Of keys that are compared within `secret`'s life only, by XXH3: without that nobody can choose records
  /// of one key.
  explicit KeyDigest(const DigestSecret& secret) : secret_(secret) {}
  /// Of keys that are kept, by BLAKE3. `context`: what else a row is a function of. Throws UsageError in a
  /// build without Rust.
  explicit KeyDigest(std::string_view context) : context_(detail::key_context(context)) {}

  void begin() { bytes_.clear(); }
  void add(std::string_view piece);
  void add(std::int64_t number);
  /// Never none.
  RowKey key() const;

 private:
  std::optional<DigestSecret> secret_;
  std::optional<detail::KeyContext> context_;
  std::string bytes_;  ///< of the record under way
};

}  // namespace infer
