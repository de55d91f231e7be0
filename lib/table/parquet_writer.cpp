#include "table/parquet_writer.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>

#include "base/in_rust.hpp"
#include "table/c_abi.h"
#include "table/table.hpp"

namespace infer {
namespace {

struct Destroy {
  void operator()(InferTableAnswer* answer) const {
    const InRust in_rust;
    infer_table_answer_destroy(answer);
  }
};

/// What `work` leaves in an answer.
template <class Work>
std::string made_by(const Work& work) {
  const InRust in_rust;
  const std::unique_ptr<InferTableAnswer, Destroy> answer(infer_table_answer_create());
  const bool is_made = work(answer.get());
  const auto view = infer_table_answer_view(answer.get());
  if (!is_made) throw TableError(std::string(view.error, view.error_size));
  return {view.lines, view.lines_size};
}

std::uint32_t number_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::int64: return 0;
    case ColumnKind::float32: return 1;
    case ColumnKind::float64: return 2;
    case ColumnKind::boolean: return 3;
    case ColumnKind::text:
    case ColumnKind::json: break;
  }
  return 4;
}

InferTableText text_of(const std::string& text) { return {text.data(), text.size()}; }

InferTableColumn column_of(const TableColumn& column) {
  return {text_of(column.name), number_of(column.kind), column.is_list ? 1U : 0U, column.width};
}

/// A view of them; texts are listed in `texts`, which must outlive it.
InferTableValues values_of(const ColumnValues& values, std::vector<InferTableText>& texts) {
  InferTableValues view{};
  view.definition = values.definition.data();
  view.repetition = values.repetition.empty() ? nullptr : values.repetition.data();
  view.levels = values.definition.size();
  if (const auto* strings = std::get_if<std::vector<std::string>>(&values.items)) {
    std::ranges::transform(*strings, std::back_inserter(texts), text_of);
    view.values = texts.data();
  } else {
    std::visit([&](const auto& items) { view.values = items.data(); }, values.items);
  }
  view.count = std::visit([](const auto& items) { return items.size(); }, values.items);
  return view;
}

}  // namespace

std::string parquet_piece(std::span<const TableColumn> columns, std::span<const ColumnValues> values,
                          std::uint64_t rows) {
  std::vector<InferTableColumn> given;
  std::ranges::transform(columns, std::back_inserter(given), column_of);
  std::vector<std::vector<InferTableText>> texts(values.size());
  std::vector<InferTableValues> views;
  for (std::size_t i = 0; i < values.size(); ++i) views.push_back(values_of(values[i], texts[i]));
  return made_by([&](InferTableAnswer* answer) {
    return infer_table_piece(given.data(), views.data(), given.size(), rows, answer);
  });
}

std::string parquet_footer(int fd, std::uint64_t bytes) {
  return made_by([&](InferTableAnswer* answer) { return infer_table_footer(fd, bytes, answer); });
}

std::vector<PiecePlace> parquet_pieces(int fd, std::uint64_t bytes) {
  const auto made = made_by([&](InferTableAnswer* answer) { return infer_table_pieces(fd, bytes, answer); });
  std::vector<PiecePlace> places;
  for (std::size_t at = 0; at < made.size(); at += sizeof(InferTablePiece)) {
    InferTablePiece piece{};
    std::memcpy(&piece, made.data() + at, sizeof piece);
    places.push_back({piece.begin, piece.end, piece.rows});
  }
  return places;
}

std::string parquet_spliced(std::span<const std::string_view> pieces, std::span<const PieceRows> rows) {
  std::vector<InferTableText> given;
  for (const auto& piece : pieces) given.push_back({piece.data(), piece.size()});
  std::vector<InferTableRun> runs;
  for (const auto& run : rows) runs.push_back({run.piece, run.first, run.rows});
  return made_by([&](InferTableAnswer* answer) {
    return infer_table_splice(given.data(), given.size(), runs.data(), runs.size(), answer);
  });
}

std::string parquet_rows(std::string_view piece, std::span<const std::string> columns) {
  std::vector<InferTableText> names;
  std::ranges::transform(columns, std::back_inserter(names), text_of);
  return made_by([&](InferTableAnswer* answer) {
    return infer_table_rows({piece.data(), piece.size()}, {names.data(), names.size()}, answer);
  });
}

}  // namespace infer
