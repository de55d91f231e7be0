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

}  // namespace

struct Table::Handle {
  std::unique_ptr<InferTableAnswer, Destroy> answer{infer_table_answer_create()};
  std::unique_ptr<InferTable, Destroy> table;

  InferTableView view() const { return infer_table_answer_view(answer.get()); }
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

void Table::choose(const std::vector<std::string>& columns) {
  std::vector<InferTableText> names;
  std::ranges::transform(columns, std::back_inserter(names), [](const std::string& name) {
    return InferTableText{name.data(), name.size()};
  });
  const InRust in_rust;
  if (!infer_table_choose(handle_->table.get(), names.data(), names.size(), handle_->answer.get()))
    handle_->fail();
}

std::string_view Table::read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits) {
  const InRust in_rust;
  if (!infer_table_read(handle_->table.get(), begin, end, limits.line_bytes, limits.most_bytes,
                        handle_->answer.get()))
    handle_->fail();
  const auto view = handle_->view();
  return {view.lines, view.lines_size};
}

}  // namespace infer
