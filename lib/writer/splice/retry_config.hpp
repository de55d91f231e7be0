// What a retry is to put where: the earlier output's form, and the records that are scored again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "record/piece.hpp"
#include "record/selection.hpp"
#include "writer/output_form.hpp"
#include "writer/parts/manifest.hpp"
#include "writer/parts/part_names.hpp"

namespace infer {

/// How rows lie in a file.
struct RowLayout {
  std::size_t header_bytes = 0;
  std::size_t row_bytes = 0;  ///< 0: a row ends with a newline
  bool is_json = true;        ///< a failed record's row says so
  bool is_quoted = false;     ///< a newline between two quotes ends no row
};

/// How pieces are read and made: those of packed text by unpack(), else by the two behind it.
struct PieceForm {
  std::function<std::string(std::string_view rows)> pack;
  /// The first piece of `bytes`; nothing where it goes on behind them.
  std::function<std::optional<UnpackedPiece>(std::string_view bytes)> unpack{};
  /// The pieces with rows of a finished file.
  std::function<std::vector<PiecePlace>(int fd, std::uint64_t bytes)> places{};
  /// What pack() would have made of these rows.
  std::function<std::string(std::span<const std::string_view> pieces, std::span<const PieceRows> rows)>
      splice{};
  bool has_header = false;  ///< the first piece of a file is one
};

/// Of a folder of parts.
struct RetryParts {
  PartNames names;  ///< of the new ones
  OutputForm form{};
  std::uint64_t chunks = 1;  ///< of a part
  ManifestHead head{};
  std::vector<ManifestPart> earlier;  ///< paths in place of names
  std::vector<ManifestPart> planned;  ///< records and places
  bool is_cut_anew = false;           ///< which chunks are where is not as it was
  std::vector<ManifestPart> done{};   ///< the first of the new ones, as an earlier attempt has finished them
};

struct RetryConfig {
  RowLayout layout;
  bool in_place = true;  ///< a failed record has a row in the earlier output; else it was left out
  std::shared_ptr<const Selection> selected{};  ///< the records that failed; never null
  std::uint64_t input_digest = 0;               ///< Checkpoint::input_digest
  std::optional<PieceForm> pieces{};  ///< the output consists of pieces, one for each chunk with rows
  /// Records of each chunk; null: each piece has all of a chunk's, and there are no others.
  std::shared_ptr<const std::vector<std::uint32_t>> chunk_records{};
  std::optional<RetryParts> parts{};
};

}  // namespace infer
