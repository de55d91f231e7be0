// The same class in a build without Rust.
#include "table/parquet_writer.hpp"
#include "table/table.hpp"

namespace infer {
namespace {

constexpr const char* kAbsent =
    "this infer was built without what reads and writes Parquet and Arrow: build it with "
    "-DINFER_ENABLE_RUST=ON";

}  // namespace

struct Table::Handle {};

bool tables_available() { return false; }

Table::Table(int, std::uint64_t) { throw TableError(kAbsent); }

Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

std::span<const RowGroup> Table::groups() const { return {}; }
void Table::choose(const ChosenColumns&) {}
Table::Rows Table::read(std::uint64_t, std::uint64_t, const RowLimits&, bool) { return {}; }

std::string parquet_piece(std::span<const TableColumn>, std::span<const ColumnValues>, std::uint64_t) {
  throw TableError(kAbsent);
}
std::string parquet_footer(int, std::uint64_t) { throw TableError(kAbsent); }
std::vector<PiecePlace> parquet_pieces(int, std::uint64_t) { throw TableError(kAbsent); }
std::string parquet_spliced(std::span<const std::string_view>, std::span<const PieceRows>) {
  throw TableError(kAbsent);
}
std::string parquet_rows(std::string_view, std::span<const std::string>) { throw TableError(kAbsent); }

}  // namespace infer
