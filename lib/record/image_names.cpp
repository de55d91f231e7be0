#include "record/image_names.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace infer {
namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, 2> kBackends{"pil", "torchvision"};
constexpr std::array<std::string_view, 6> kFilters{"nearest", "box",     "bilinear",
                                                   "hamming", "bicubic", "lanczos"};

template <class Value>
std::optional<Value> value_named(std::string_view name, const auto& names) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

}  // namespace

std::optional<ImageBackend> backend_from_name(std::string_view name) {
  return value_named<ImageBackend>(name, kBackends);
}

std::string_view filter_name(ResizeFilter filter) { return kFilters.at(static_cast<std::size_t>(filter)); }

std::optional<ResizeFilter> filter_from_name(std::string_view name) {
  return value_named<ResizeFilter>(name, kFilters);
}

}  // namespace infer
