#include "decoder/field_readers.hpp"

#include <utility>

#include "base/error.hpp"
#include "decoder/image/image_field.hpp"
#include "decoder/tensor_field.hpp"
#include "decoder/text_fields.hpp"

namespace infer::detail {

FieldReaders make_field_readers(const Signature& signature, std::shared_ptr<const Tokenizer> tokenizer,
                                const ImageAccess& images, const std::shared_ptr<const Nvjpeg>& nvjpeg) {
  INFER_ASSERT(signature.inputs.size() == signature.sources.size());
  FieldReaders readers;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    const auto& source = signature.sources[i];
    if (!source.tokens && !source.image) readers.push_back(make_tensor_field(signature, i));
  }
  // Pictures are decoded once all else of the record is good.
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (signature.sources[i].image) readers.push_back(make_image_field(signature, i, images, nvjpeg));
  }
  // Last: tokens are counted when they are made, and then nothing may refuse the record any more.
  if (signature.text) readers.push_back(std::make_unique<TextFields>(signature, std::move(tokenizer)));
  return readers;
}

}  // namespace infer::detail
