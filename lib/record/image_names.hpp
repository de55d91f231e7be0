// What the ways to prepare a picture are called, in bundles and for people.
#pragma once

#include <optional>
#include <string_view>

#include "record/image_spec.hpp"

namespace infer {

/// "pil", "torchvision".
std::optional<ImageBackend> backend_from_name(std::string_view name);

/// "nearest", "box", "bilinear", ...
std::string_view filter_name(ResizeFilter filter);
std::optional<ResizeFilter> filter_from_name(std::string_view name);

}  // namespace infer
