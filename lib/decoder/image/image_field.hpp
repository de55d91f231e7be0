// The kind of input field that holds a picture. Internal to the decoder.
#pragma once

#include <memory>

#include "decoder/field_reader.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "record/image_root.hpp"
#include "record/signature.hpp"

namespace infer::detail {

/// Reads the field of input `input`, which is made of a picture; JPEGs by `nvjpeg`, unless it is
/// null.
std::unique_ptr<FieldReader> make_image_field(const Signature& signature, std::size_t input,
                                              const ImageAccess& access,
                                              const std::shared_ptr<const Nvjpeg>& nvjpeg);

}  // namespace infer::detail
