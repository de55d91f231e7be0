// What packs an output file, chosen by the last ending of its name. A file is made of pieces that are packed
// each by itself, as gzip's members and zstd's frames may be, so that any rank can pack a chunk and the bytes
// are the same whichever does.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "record/piece.hpp"

namespace infer {

struct OutputPacking {
  std::string_view ending;  ///< ".gz"
  std::string_view name;    ///< "gzip"
  /// A piece. Pure; its bytes are a function of the text and the library.
  std::string (*pack)(std::string_view text) = nullptr;
  /// The first piece of `bytes`; nothing where it goes on behind them. Pure; throws RunError for what is
  /// none.
  std::optional<UnpackedPiece> (*unpack)(std::string_view bytes) = nullptr;
  std::string (*library)() = nullptr;  ///< "zlib 1.2.13"
};

std::span<const OutputPacking> output_packings();

/// Null: a file of that name is not packed.
const OutputPacking* output_packing(std::string_view path);

/// The name that a file has before it is packed.
std::string_view without_packing(std::string_view path);

}  // namespace infer
