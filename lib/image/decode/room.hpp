// The room that a picture takes, against the limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "image/pixels.hpp"

namespace infer::detail {

/// Makes `pixels` a picture of that size, with values to be written; or says why there is none of that size.
std::optional<std::string> make_room(std::uint64_t width, std::uint64_t height, std::uint64_t max_pixels,
                                     Pixels& pixels);

}  // namespace infer::detail
