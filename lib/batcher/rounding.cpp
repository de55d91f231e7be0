#include "batcher/rounding.hpp"

#include <algorithm>
#include <bit>

namespace infer {
namespace detail {

std::size_t full_rows(std::uint64_t length, const BatchLimits& limits) {
  const auto by_elements = length == 0 ? limits.max_rows : limits.max_elements / length;
  return std::max<std::size_t>(1, std::min<std::size_t>(limits.max_rows, by_elements));
}

std::vector<std::size_t> row_choices(std::uint64_t length, const BatchLimits& limits) {
  const auto full = full_rows(length, limits);
  const auto least = length == 0 ? 1 : std::max<std::size_t>(full / 2, 1);
  std::vector<std::size_t> choices{full};
  while (choices.back() / 2 >= least) choices.push_back(choices.back() / 2);
  return choices;
}

}  // namespace detail

std::uint64_t rounded_length(std::uint64_t length, const ShapeRounding& rounding) {
  const auto unit = std::max<std::uint64_t>(8, std::bit_ceil(length) / 8);
  const auto rounded = (length + unit - 1) / unit * unit;
  return std::max(length, std::min<std::uint64_t>(rounded, rounding.longest));
}

std::size_t rounded_rows(std::size_t rows, std::uint64_t length, const BatchLimits& limits) {
  if (!limits.rounding.rows || rows == 1) return rows;  // there may be no room for more than one
  auto rounded = rows;                                  // more than fit: as many as there are
  for (const auto choice : detail::row_choices(length, limits)) {
    if (choice >= rows) rounded = choice;
  }
  return rounded;
}

}  // namespace infer
