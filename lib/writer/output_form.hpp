// What makes a file of rows: a header before them, what packs them, and a footer.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "keys/keys_text.hpp"

namespace infer {

struct OutputForm {
  /// What stands before so many rows. Empty: nothing.
  std::function<std::string(std::uint64_t rows)> header{};
  /// It is of one size for any number, and written first and again when they are counted.
  bool header_counts_rows = false;
  /// Packs the text of a chunk, whatever was packed before it. Empty: the file holds the text itself.
  std::function<std::string(std::string_view text)> pack{};
  /// What stands behind all chunks, the first `bytes` of the open file `fd`. Empty: nothing.
  std::function<std::string(int fd, std::uint64_t bytes)> footer{};
  /// What the keys beside the rows are of. Empty: there are none.
  std::optional<KeysHead> keys{};

  std::string packed(const std::string& text) const { return pack ? pack(text) : text; }
  /// As the file holds it; empty without one. A header is packed by itself, so that nothing depends on which
  /// chunk is the first to have rows.
  std::string header_text(std::uint64_t rows) const { return header ? packed(header(rows)) : std::string(); }
};

}  // namespace infer
