// Reads a finished output piece by piece, and makes new pieces of its rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "writer/splice/retry_config.hpp"

namespace infer {

/// A chunk's rows.
struct Piece {
  std::string bytes{};              ///< as the file has them; of new rows in packed text none
  std::string text{};               ///< of packed text: its rows
  std::vector<std::size_t> ends{};  ///< of the rows, in `text`
  std::uint64_t rows = 0;

  /// Of packed text.
  std::string_view row(std::uint64_t row) const;
};

/// Of the rows that a chunk's new ones have in `text`.
Piece piece_of(std::string text, const RetryConfig& config);
/// These rows as the file is to have them.
std::string joined_piece(std::span<const Piece> pieces, std::span<const PieceRows> rows,
                         const PieceForm& form);

/// Holds one piece at a time. Thread-compatible.
class EarlierPieces {
 public:
  /// Files whose rows follow one another, one at least. Keeps a reference to `config`, whose pieces are set.
  /// Throws RunError, as all else.
  EarlierPieces(std::vector<std::string> paths, const RetryConfig& config);

  /// The next one that has rows; nothing at the end.
  std::optional<Piece> next();
  /// The piece before all rows, as the file has it.
  std::string header() const;

  /// That next() has given.
  std::uint64_t rows() const { return rows_; }
  /// Of the file that is being read.
  const std::string& path() const { return paths_[file_]; }

 private:
  void open();
  bool open_next();
  std::optional<Piece> next_packed();
  std::optional<Piece> next_placed();
  std::optional<UnpackedPiece> unpack();
  std::optional<UnpackedPiece> unpacked(std::string_view bytes) const;
  bool fill();

  std::vector<std::string> paths_;
  const RetryConfig& config_;
  std::size_t file_ = 0;
  UniqueFd fd_;
  std::vector<PiecePlace> places_;
  std::size_t next_place_ = 0;
  std::string buffer_;
  std::size_t taken_ = 0;  ///< of the buffer
  std::uint64_t read_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace infer
