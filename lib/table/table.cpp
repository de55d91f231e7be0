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

static_assert(sizeof(PlainForm) == sizeof(*InferTablePlain::forms));

std::vector<InferTableText> texts_of(const std::vector<std::string>& names) {
  std::vector<InferTableText> texts;
  std::ranges::transform(names, std::back_inserter(texts), [](const std::string& name) {
    return InferTableText{name.data(), name.size()};
  });
  return texts;
}

InferTableTexts view_of(const std::vector<InferTableText>& texts) { return {texts.data(), texts.size()}; }

PlainColumn column_of(const InferTablePlain& plain) {
  PlainColumn column{std::string(plain.name.data, plain.name.size), static_cast<PlainKind>(plain.kind)};
  column.ends.assign(plain.ends, plain.ends + plain.rows);
  const auto* forms = reinterpret_cast<const PlainForm*>(plain.forms);
  column.forms.assign(forms, forms + plain.rows);
  const auto* values = static_cast<const std::byte*>(plain.values);
  const auto bytes = column.ends.empty() ? 0 : column.ends.back() * column.value_bytes();
  column.values.assign(values, values + bytes);
  return column;
}

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

void Table::choose(const ChosenColumns& columns) {
  const auto names = texts_of(columns.names);
  const auto numbers = texts_of(columns.numbers);
  const auto texts = texts_of(columns.texts);
  const auto carried = texts_of(columns.carried);
  const InRust in_rust;
  if (!infer_table_choose(handle_->table.get(), view_of(names), view_of(numbers), view_of(texts),
                          view_of(carried), handle_->answer.get()))
    handle_->fail();
}

Table::Rows Table::read(std::uint64_t begin, std::uint64_t end, const RowLimits& limits, bool apart) {
  const InRust in_rust;
  auto* table = handle_->table.get();
  if (!infer_table_read(table, begin, end, limits.line_bytes, limits.most_bytes, apart,
                        handle_->answer.get()))
    handle_->fail();
  const auto view = handle_->view();
  const auto marks = infer_table_marks(table);
  Rows rows{{view.lines, view.lines_size}, {marks.ends, marks.rows}, {marks.only_carried, marks.rows}, {}};
  for (std::size_t i = 0; apart && i < infer_table_plain_count(table); ++i)
    rows.plain.push_back(column_of(infer_table_plain(table, i)));
  return rows;
}

}  // namespace infer
