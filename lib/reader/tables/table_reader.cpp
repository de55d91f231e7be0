#include "reader/tables/table_reader.hpp"

#include <utility>

#include "base/error.hpp"
#include "reader/input_fd.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30U;  ///< of rows at a time, as JSON lines

}  // namespace

TableReader::TableReader(InputFile file, const Columns& columns)
    : file_(std::move(file)), fd_(open_input(file_.path)) {
  if (!fd_) throw RunError(errno_message("cannot open the input " + file_.path + " any more"));
  check_unchanged(fd_.get(), file_);
  try {
    table_.emplace(fd_.get(), file_.bytes);
    if (columns) table_->choose(*columns);
  } catch (const TableError& error) {
    refuse("what it says of itself", error.what());
  }
}

Table::Rows TableReader::read(std::uint64_t begin, std::uint64_t end, std::size_t line_bytes, bool apart) {
  try {
    auto rows = table_->read(begin, end, {line_bytes, kMostBytes}, apart);
    check_unchanged(fd_.get(), file_);
    return rows;
  } catch (const TableError& error) {
    check_unchanged(fd_.get(), file_);
    refuse("rows " + std::to_string(begin + 1) + " to " + std::to_string(end), error.what());
  }
}

void TableReader::refuse(const std::string& what, const std::string& why) const {
  throw RunError("cannot read " + what + " of the input " + file_.path + ": " + why +
                 "; all rows before are kept: put a whole copy of it in its place");
}

}  // namespace infer
