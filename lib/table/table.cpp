#include "table/table.hpp"

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "base/in_rust.hpp"
#include "table/c_abi.h"

namespace infer {
namespace {

struct Destroy {
  void operator()(InferTable* table) const {
    const InRust in_rust;
    infer_table_close(table);
  }
  void operator()(InferTableAnswer* answer) const {
    const InRust in_rust;
    infer_table_answer_destroy(answer);
  }
};

// The groups are handed on as they are.
static_assert(std::is_standard_layout_v<RowGroup> && sizeof(RowGroup) == sizeof(InferTableGroup));
static_assert(offsetof(RowGroup, rows) == offsetof(InferTableGroup, rows) &&
              offsetof(RowGroup, row_bytes) == offsetof(InferTableGroup, row_bytes));

static_assert(sizeof(NumberForm) == sizeof(*InferTableNumbers::forms));

std::vector<InferTableText> texts_of(const std::vector<std::string>& names) {
  std::vector<InferTableText> texts;
  std::ranges::transform(names, std::back_inserter(texts), [](const std::string& name) {
    return InferTableText{name.data(), name.size()};
  });
  return texts;
}

NumberColumn column_of(const InferTableNumbers& numbers) {
  NumberColumn column{std::string(numbers.name.data, numbers.name.size),
                      static_cast<NumberKind>(numbers.kind)};
  column.ends.assign(numbers.ends, numbers.ends + numbers.rows);
  const auto* forms = reinterpret_cast<const NumberForm*>(numbers.forms);
  column.forms.assign(forms, forms + numbers.rows);
  const auto* values = static_cast<const std::byte*>(numbers.values);
  const auto bytes = column.ends.empty() ? 0 : column.ends.back() * column.value_bytes();
  column.values.assign(values, values + bytes);
  return column;
}

}  // namespace

struct Table::Handle {
  std::unique_ptr<InferTableAnswer, Destroy> answer{infer_table_answer_create()};
  std::unique_ptr<InferTable, Destroy> table;

  InferTableView view() const { return infer_table_answer_view(answer.get()); }
  std::string_view read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits, bool apart) {
    const InRust in_rust;
    if (!infer_table_read(table.get(), begin, end, limits.line_bytes, limits.most_bytes, apart, answer.get()))
      fail();
    return {view().lines, view().lines_size};
  }
  [[noreturn]] void fail() const {
    const auto [lines, lines_size, error, size] = view();
    throw TableError(std::string(error, size));
  }
};

bool tables_available() { return true; }

Table::Table(int fd, std::uint64_t bytes) : handle_(std::make_unique<Handle>()) {
  const InRust in_rust;
  handle_->table.reset(infer_table_open(fd, bytes, handle_->answer.get()));
  if (!handle_->table) handle_->fail();
}

Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;
Table::~Table() = default;

std::span<const RowGroup> Table::groups() const {
  const auto groups = infer_table_groups(handle_->table.get());
  return {reinterpret_cast<const RowGroup*>(groups.data), groups.size};
}

void Table::choose(const std::vector<std::string>& columns, const std::vector<std::string>& numbers) {
  const auto names = texts_of(columns);
  const auto number_names = texts_of(numbers);
  const InRust in_rust;
  if (!infer_table_choose(handle_->table.get(), names.data(), names.size(), number_names.data(),
                          number_names.size(), handle_->answer.get()))
    handle_->fail();
}

std::string_view Table::read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits) {
  return handle_->read(begin, end, limits, false);
}

Table::Rows Table::read_apart(std::uint64_t begin, std::uint64_t end, const RowLimits& limits) {
  Rows rows{handle_->read(begin, end, limits, true), {}};
  const InRust in_rust;
  const auto* table = handle_->table.get();
  for (std::size_t i = 0; i < infer_table_numbers_count(table); ++i)
    rows.numbers.push_back(column_of(infer_table_numbers(table, i)));
  return rows;
}

}  // namespace infer
