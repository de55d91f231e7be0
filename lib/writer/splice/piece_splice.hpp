// Into a file that consists of pieces, one for each chunk with rows: a piece in which nothing failed is
// copied as it is, the others are made anew.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "writer/output_file.hpp"
#include "writer/splice/earlier_pieces.hpp"
#include "writer/splice/retry_config.hpp"
#include "writer/splice/splice.hpp"

namespace infer {

class PieceSplice : public Splice {
 public:
  /// The begin of a chunk, from which on it takes over.
  struct From {
    std::uint64_t skipped_rows = 0;  ///< of the first file
    std::uint64_t record = 0;        ///< of the whole input, the chunk's first
    std::uint64_t chunk = 0;         ///< of RetryConfig::chunk_records
  };

  /// `files`: of the earlier output. Keeps references to `config` and `target`. `on_progress` is called for
  /// each piece.
  PieceSplice(const RetryConfig& config, std::vector<std::string> files, OutputFile& target, From from,
              std::function<void()> on_progress);

  void put(const NewRow& row) override;
  void take_over_until(std::uint64_t record) override;
  void go_on_to(std::uint64_t record) override { take_over_until(record); }
  void pass_over(const Selection& selected, std::uint64_t done, std::uint64_t next) override;
  bool is_between() const override { return waiting_.empty(); }
  std::string header() const override { return earlier_.header(); }
  std::uint64_t records() const override { return begin_; }

 private:
  struct Waiting {
    std::uint64_t record;
    bool has_row;
  };
  /// What the chunk's piece is made of: the new rows first.
  struct Parts {
    std::vector<Piece> pieces;
    std::vector<PieceRows> rows;
    bool has_earlier = false;  ///< the last of the pieces is the current one
  };

  bool open_chunk();
  void write_chunk();
  Parts chunk_parts();
  bool load_piece();
  bool hold_piece(Parts& parts);
  void take_rows(std::uint64_t rows, Parts& parts);
  void drop_row(std::uint64_t record, Parts& parts);
  [[noreturn]] void refuse_missing(std::uint64_t record) const;

  const RetryConfig& config_;
  EarlierPieces earlier_;
  OutputFile& target_;
  bool passes_over_ = false;  ///< nothing is written
  std::function<void()> on_progress_;
  std::uint64_t chunk_;
  std::uint64_t begin_;  ///< of the chunk, in records
  std::optional<std::uint64_t> end_;
  std::vector<Waiting> waiting_;  ///< new rows of the chunk
  std::string new_rows_;          ///< their texts
  std::optional<Piece> piece_;    ///< of the earlier output
  std::uint64_t used_ = 0;        ///< rows of it
};

}  // namespace infer
