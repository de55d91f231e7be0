#include "peek/rows/npy_head.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace infer {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct Dtype {
  std::string_view code;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array kDtypes{Dtype{"<f2", "float16", 2}, Dtype{"<f4", "float32", 4},
                             Dtype{"<f8", "float64", 8}};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

/// What stands behind `'key':`, from its first character that is no blank on.
std::string_view value_of(std::string_view head, std::string_view key) {
  const auto at = head.find(key);
  if (at == std::string_view::npos) return {};
  head.remove_prefix(at + key.size());
  head.remove_prefix(std::min(head.find_first_not_of(" :"), head.size()));
  return head;
}

/// "(3, 384)"
std::vector<std::uint64_t> sizes_in(std::string_view shape) {
  std::vector<std::uint64_t> sizes;
  shape = shape.substr(0, shape.find(')'));
  while (true) {
    const auto begin = shape.find_first_of("0123456789");
    if (begin == std::string_view::npos) return sizes;
    shape.remove_prefix(begin);
    const auto [end, error] =
        std::from_chars(shape.data(), shape.data() + shape.size(), sizes.emplace_back());
    if (error != std::errc()) return {};
    shape.remove_prefix(static_cast<std::size_t>(end - shape.data()));
  }
}

}  // namespace

std::size_t npy_head_bytes(std::string_view preamble) {
  if (preamble.size() < kNpyPreambleBytes || !preamble.starts_with(kMagic)) return 0;
  const auto version = preamble[kMagic.size()];
  if (version == 1) return kMagic.size() + 4 + little_endian(preamble.substr(kMagic.size() + 2, 2));
  if (version == 2 || version == 3)
    return kMagic.size() + 6 + little_endian(preamble.substr(kMagic.size() + 2, 4));
  return 0;
}

NpyHeadRead read_npy_head(std::string_view head) {
  const auto code = value_of(head, "'descr'");
  const auto sizes = sizes_in(value_of(head, "'shape'"));
  if (value_of(head, "'fortran_order'").starts_with("True"))
    return {std::nullopt, "its values stand column by column; numpy.ascontiguousarray() turns them"};
  if (sizes.empty() || sizes.size() > 2) return {std::nullopt, "it has other than one or two dimensions"};
  for (const auto& dtype : kDtypes) {
    if (code.empty() || !code.substr(1).starts_with(dtype.code)) continue;
    const auto width = sizes.size() == 2 ? sizes[1] : 1;
    if (width == 0 || width > (std::uint64_t{1} << 32U)) return {std::nullopt, "its rows have no values"};
    return {NpyHead{std::string(dtype.name), dtype.bytes, sizes[0], width}, {}};
  }
  return {std::nullopt, "its values are no floats (float16, float32 or float64, little-endian)"};
}

}  // namespace infer
