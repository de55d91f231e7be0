#include "decoder/image/image_field.hpp"

#include <string>
#include <utility>

#include "base/error.hpp"
#include "decoder/image/base64.hpp"
#include "decoder/image/image_files.hpp"
#include "decoder/image/image_value.hpp"
#include "image/image_reader.hpp"

namespace infer::detail {
namespace {

class ImageField final : public FieldReader {
 public:
  ImageField(const ImageSpec& spec, JsonPath path, std::size_t input, const ImageAccess& access,
             const std::shared_ptr<const Nvjpeg>& nvjpeg)
      : path_(std::move(path)),
        input_(input),
        size_(spec.size),
        has_gpu_(nvjpeg != nullptr),
        files_(access),
        reader_(spec, access.max_pixels, has_gpu_ ? make_jpeg_device(nvjpeg) : JpegDevice()) {}

  std::span<const JsonPath> paths() const override { return {&path_, 1}; }

  std::optional<RecordError> take(JsonValue value, std::size_t /*field*/, DecodedChunk& /*chunk*/) override {
    return read_image_value(value, path_, value_);
  }

  std::optional<RecordError> fetch(const DecodedChunk& chunk) override {
    return read_bytes(chunk.table.rows.back().file);
  }

  void add_to(KeyDigest& digest, const DecodedChunk& /*chunk*/) const override {
    digest.add({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
  }

  std::optional<RecordError> append(DecodedChunk& chunk) override {
    auto& column = chunk.inputs[input_];
    const auto begin = column.values.size();
    const auto bytes = static_cast<std::size_t>(size_.height) * static_cast<std::size_t>(size_.width) * 3;
    column.values.resize(begin + bytes);
    column.begins.push_back(begin);
    column.dims.insert(column.dims.end(), {size_.height, size_.width, 3});
    auto problem = reader_.read(bytes_, std::span(column.values).subspan(begin));
    if (has_gpu_) ++(reader_.was_on_device() ? chunk.work.pictures_on_gpu : chunk.work.pictures_on_cpu);
    if (problem) return RecordError{RecordErrorCode::invalid_image, name() + ": " + *problem};
    return std::nullopt;
  }

 private:
  std::optional<RecordError> read_bytes(std::uint32_t input_file) {
    if (const auto* file = std::get_if<ImageFile>(&value_)) {
      auto problem = files_.read(input_file, *file, bytes_);
      if (problem) return RecordError{RecordErrorCode::unreadable_image, name() + " " + *problem};
    } else if (const auto wrong = decode_base64(std::get<ImageText>(value_).base64, bytes_)) {
      return RecordError{RecordErrorCode::invalid_image, "field \"" + join_json_path(path_) +
                                                             "\": its base64 is broken at character " +
                                                             std::to_string(*wrong + 1)};
    }
    return std::nullopt;
  }

  /// For messages.
  std::string name() const {
    if (const auto* file = std::get_if<ImageFile>(&value_)) return "the picture " + std::string(file->path);
    return "the picture in field \"" + join_json_path(path_) + "\"";
  }

  JsonPath path_;
  std::size_t input_;
  ImageSize size_;
  bool has_gpu_;
  ImageFiles files_;
  ImageReader reader_;
  ImageValue value_;  ///< of the record under way
  RawBytes bytes_;    ///< likewise
};

}  // namespace

std::unique_ptr<FieldReader> make_image_field(const Signature& signature, std::size_t input,
                                              const ImageAccess& access,
                                              const std::shared_ptr<const Nvjpeg>& nvjpeg) {
  return std::make_unique<ImageField>(signature.image.value(), signature.sources[input].path, input, access,
                                      nvjpeg);
}

}  // namespace infer::detail
