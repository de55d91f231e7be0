// The kinds of input field that there are: a reader for each field that a signature names. Internal to the
// decoder.
#pragma once

#include <memory>
#include <vector>

#include "decoder/field_reader.hpp"
#include "image/nvjpeg/nvjpeg.hpp"
#include "record/image_root.hpp"
#include "record/signature.hpp"
#include "tokenizer/tokenizer.hpp"

namespace infer::detail {

using FieldReaders = std::vector<std::unique_ptr<FieldReader>>;

/// In the order in which a record's errors are looked for. `tokenizer` is for signatures with text, `images`
/// and `nvjpeg`, which may be null, for those with pictures.
FieldReaders make_field_readers(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer,
                                const ImageAccess& images, const std::shared_ptr<const Nvjpeg>& nvjpeg);

}  // namespace infer::detail
