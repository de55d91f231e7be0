// Where the rows of an output begin: of some of them it is kept, the others are found from there.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace infer::detail {

/// Takes an output's rows block by block. Thread-compatible.
class RowPlaces {
 public:
  /// Of rows that end with newlines.
  explicit RowPlaces(bool is_quoted) : is_quoted_(is_quoted) {}

  /// `text` are so many rows, from this byte of the output on. False where they are not.
  bool add(std::string_view text, std::uint64_t rows, std::uint64_t begin);

  std::uint64_t rows_per_place() const { return rows_per_place_; }
  /// Bytes of the output: of row 0, of row rows_per_place() and so on. Those that were not taken yet.
  std::vector<std::uint64_t> take() { return std::exchange(places_, {}); }

 private:
  bool is_quoted_;
  std::uint64_t rows_per_place_ = 0;  ///< 0: no row yet
  std::uint64_t row_ = 0;
  std::vector<std::uint64_t> places_;
};

/// The first rows that `bytes` bytes of text have room for share a place.
std::uint64_t rows_per_place(std::uint64_t bytes, std::uint64_t rows);

/// The row that is so many rows behind the begin of `text`, with its newline; all that is left where it has
/// none.
std::string_view nth_row(std::string_view text, std::uint64_t number, bool is_quoted);

}  // namespace infer::detail
