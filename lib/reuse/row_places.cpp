#include "reuse/row_places.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

#include "reuse/row_ends.hpp"

namespace infer::detail {

std::uint64_t rows_per_place(std::uint64_t bytes, std::uint64_t rows) {
  constexpr std::uint64_t kBytesPerPlace = 512;  // lib/decisions/reuse.md
  constexpr std::uint64_t kMost = 64;
  if (rows == 0) return 1;
  return std::bit_floor(
      std::clamp<std::uint64_t>(kBytesPerPlace / std::max<std::uint64_t>(bytes / rows, 1), 1, kMost));
}

bool RowPlaces::add(std::string_view text, std::uint64_t rows, std::uint64_t begin) {
  if (rows_per_place_ == 0 && rows > 0) rows_per_place_ = infer::detail::rows_per_place(text.size(), rows);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < rows; ++i, ++row_) {
    if (row_ % rows_per_place_ == 0) places_.push_back(begin + at);
    const auto bytes = row_end(text.substr(at), is_quoted_);
    if (bytes == std::string_view::npos) return false;
    at += bytes;
  }
  return at == text.size();
}

std::string_view nth_row(std::string_view text, std::uint64_t number, bool is_quoted) {
  for (; number > 0; --number) text.remove_prefix(std::min(row_end(text, is_quoted), text.size()));
  return text.substr(0, row_end(text, is_quoted));
}

}  // namespace infer::detail
