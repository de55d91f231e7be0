#include "reader/stream/table_stream.hpp"

#include <algorithm>
#include <cstring>

#include "reader/tables/table_rows.hpp"

namespace infer {

void TableStream::read_rows() {
  constexpr std::uint64_t kRows = 1024;
  constexpr std::uint64_t kBytes = std::uint64_t{1} << 20U;
  constexpr std::size_t kMostLineBytes = std::size_t{1} << 40U;  // more than all lines together may have
  if (!reader_) reader_.emplace(file_, Columns());
  const auto place = offset_of_row(file_, row_);
  const auto end = std::max(row_ + 1, std::min(row_ + kRows, first_row_from(file_, place + kBytes)));
  rest_ = reader_->read(row_, end, kMostLineBytes).lines;
  row_ = end;
}

StreamRead TableStream::read(std::span<std::byte> target) {
  watch_.throw_if_stopped();
  const auto rows = row_count(file_);
  if (rest_.empty() && row_ < rows) watch_.during_read(file_.path, [&] { read_rows(); });
  const auto size = std::min(rest_.size(), target.size());
  std::memcpy(target.data(), rest_.data(), size);
  rest_.remove_prefix(size);
  return {size, rest_.empty() && row_ == rows};
}

}  // namespace infer
