#include "writer/splice/earlier_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"

namespace infer {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;

/// Of the newline that ends the first row; none when that is not whole.
std::size_t newline_of_row(std::string_view text, bool is_quoted) {
  if (!is_quoted) return text.find('\n');
  bool is_open = false;  // a quote within a cell is written twice, which closes and opens
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') is_open = !is_open;
    if (text[at] == '\n' && !is_open) return at;
  }
  return std::string_view::npos;
}

bool is_whole(std::string_view row, const RowLayout& layout) {
  if (layout.row_bytes > 0) return row.size() == layout.row_bytes;
  return newline_of_row(row, layout.is_quoted) != std::string_view::npos;
}

}  // namespace

std::string_view first_row(std::string_view text, const RowLayout& layout) {
  if (layout.row_bytes > 0) return text.substr(0, layout.row_bytes);
  const auto newline = newline_of_row(text, layout.is_quoted);
  return newline == std::string_view::npos ? text : text.substr(0, newline + 1);
}

EarlierOutput::EarlierOutput(std::vector<std::string> paths, RowLayout layout, std::uint64_t position,
                             std::uint64_t row)
    : paths_(std::move(paths)), layout_(layout), row_(row) {
  open(position);
}

void EarlierOutput::open(std::uint64_t position) {
  fd_ = UniqueFd(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) throw UsageError(errno_message("cannot open the earlier output " + path()));
  position_ = read_ = std::max<std::uint64_t>(position, layout_.header_bytes);
}

bool EarlierOutput::open_next() {
  if (file_ + 1 == paths_.size()) return false;
  ++file_;
  open(0);
  return true;
}

std::string EarlierOutput::header() const {
  std::string bytes(layout_.header_bytes, '\0');
  bytes.resize(read_at(fd_.get(), std::span<char>(bytes), 0).bytes);
  return bytes;
}

/// Appends to the buffer; false at the end of the file.
bool EarlierOutput::fill() {
  buffer_.erase(0, taken_);
  taken_ = 0;
  const auto have = buffer_.size();
  buffer_.resize(have + std::max(kReadBytes, layout_.row_bytes));
  const auto [bytes, failed] = read_at(fd_.get(), std::span<char>(buffer_).subspan(have), read_);
  if (failed) throw RunError(errno_message("cannot read the earlier output " + path()));
  buffer_.resize(have + bytes);
  read_ += bytes;
  return bytes > 0;
}

std::string_view EarlierOutput::next() {
  const auto buffered = [this] { return first_row(std::string_view(buffer_).substr(taken_), layout_); };
  auto row = buffered();
  for (bool more = true; more && !is_whole(row, layout_); row = buffered())
    more = fill();  // which moves the buffer
  if (row.empty()) return open_next() ? next() : std::string_view();
  if (!is_whole(row, layout_))
    throw RunError("the earlier output " + path() + " ends within its row " + std::to_string(row_));
  taken_ += row.size();
  position_ += row.size();
  ++row_;
  return row;
}

}  // namespace infer
