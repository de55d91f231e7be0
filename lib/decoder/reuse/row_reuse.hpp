// Which rows need not be scored, because they are known.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "record/row_key.hpp"
#include "row_key/repeat_cache.hpp"

namespace infer {

/// Only where a row is a function of its record alone.
struct RowReuse {
  bool repeats = false;                  ///< equal records of a chunk become one example
  std::shared_ptr<RepeatCache> cache{};  ///< of all decoders of a rank: what records of other chunks had
  DigestSecret secret = random_digest_secret();  ///< of keys that are not kept; theirs, too
  std::optional<std::string> key_context{};      ///< rows get keys: of this and of their records
  std::vector<std::string> other_contexts{};     ///< likewise, for DecodedChunk::other_keys
  /// The row of that key in an earlier output, with its end; the view stays. Thread-safe. Needs keys.
  std::function<std::optional<std::string_view>(const RowKey&)> earlier{};
};

}  // namespace infer
