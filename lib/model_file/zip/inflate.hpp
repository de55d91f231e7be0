// The bytes of a compressed member of a zip file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace infer::detail {

/// Of a DEFLATE stream; empty unless it is whole and unpacks to exactly `bytes`.
std::optional<std::string> inflate(std::string_view packed, std::size_t bytes);

}  // namespace infer::detail
