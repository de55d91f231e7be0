// Writes typed rows as Parquet, piece by piece: each piece is a whole file of one row group, and a last
// footer makes one file of all that lie one after the other. So any rank can make a piece, and what is
// written stays.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "record/column_kind.hpp"
#include "record/piece.hpp"

namespace infer {

struct TableColumn {
  std::string name;
  ColumnKind kind = ColumnKind::json;
  bool is_list = false;
  std::uint64_t width = 0;  ///< of each list; 0: any
};

/// A column's values, without those that are null.
using ColumnItems = std::variant<std::vector<std::string>, std::vector<std::int64_t>, std::vector<float>,
                                 std::vector<double>, std::vector<std::uint8_t>>;  ///< the last are booleans

/// Of some rows, with Parquet's levels: c_abi.h says which.
struct ColumnValues {
  ColumnItems items;
  std::vector<std::int16_t> definition{};
  std::vector<std::int16_t> repetition{};  ///< of lists
};

/// Pure; its bytes are a function of the arguments and the library. Throws TableError.
std::string parquet_piece(std::span<const TableColumn> columns, std::span<const ColumnValues> values,
                          std::uint64_t rows);

/// What is to be appended to `bytes` bytes of pieces behind `fd`. Throws TableError.
std::string parquet_footer(int fd, std::uint64_t bytes);

/// Those with rows of the finished file of `bytes` bytes behind `fd`. Throws TableError.
std::vector<PiecePlace> parquet_pieces(int fd, std::uint64_t bytes);

/// The piece that parquet_piece() would have made of these rows. Throws TableError, also when the columns of
/// the pieces are not the same.
std::string parquet_spliced(std::span<const std::string_view> pieces, std::span<const PieceRows> rows);

/// A line for each row of a piece: a JSON list of the values of these columns, null where a row has none.
/// Numbers read back as the same; texts, columns of JSON, NaN and the infinities are strings. Throws
/// TableError, also when a column is not there.
std::string parquet_rows(std::string_view piece, std::span<const std::string> columns);

}  // namespace infer
