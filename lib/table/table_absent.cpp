// The same class in a build without Rust.
#include "table/table.hpp"

namespace infer {

struct Table::Handle {};

bool tables_available() { return false; }

Table::Table(int, std::uint64_t) {
  throw TableError(
      "this infer was built without what reads Parquet and Arrow: build it with -DINFER_ENABLE_RUST=ON");
}

Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

std::span<const RowGroup> Table::groups() const { return {}; }
void Table::choose(const std::vector<std::string>&, const std::vector<std::string>&) {}
std::string_view Table::read(std::uint64_t, std::uint64_t, const RowLimits&) { return {}; }
Table::Rows Table::read_apart(std::uint64_t, std::uint64_t, const RowLimits&) { return {}; }

}  // namespace infer
