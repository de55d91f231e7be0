#include <string>
#include <utility>

#include "model_file/bundle_inputs.hpp"
#include "record/image_names.hpp"

namespace infer::detail {
namespace {

constexpr std::int64_t kLongestSide = 1 << 15;

int side(JsonFields& fields, std::string_view key, std::int64_t length) {
  if (length < 1 || length > kLongestSide)
    fields.refuse(key, "must be whole numbers from 1 to " + std::to_string(kLongestSide));
  return static_cast<int>(length);
}

ImageSize read_size(JsonFields& fields) {
  std::vector<std::int64_t> sides;
  for (const auto item : fields.array("size")) {
    if (item.get_int64().get(sides.emplace_back())) fields.refuse("size", "must be [height, width]");
  }
  if (sides.size() != 2) fields.refuse("size", "must be [height, width]");
  return {side(fields, "size", sides[0]), side(fields, "size", sides[1])};
}

ResizeFilter read_filter(JsonFields& fields, ImageBackend backend) {
  const auto filter = named<ResizeFilter>(fields, "filter", filter_from_name);
  const bool is_known = filter == ResizeFilter::nearest || filter == ResizeFilter::bilinear ||
                        filter == ResizeFilter::bicubic || filter == ResizeFilter::lanczos;
  if (backend == ImageBackend::torchvision && !is_known)
    fields.refuse("filter", "must be nearest, bilinear, bicubic or lanczos with torchvision");
  return filter;
}

ImageStep read_step(JsonFields& fields, ImageBackend backend) {
  const auto kind = fields.text("step");
  const auto whole = [&](std::string_view key) { return side(fields, key, fields.whole_number(key, 1)); };
  if (kind == "resize") return ResizeStep{read_size(fields), read_filter(fields, backend)};
  if (kind == "resize_shortest") return ResizeShortestStep{whole("size"), read_filter(fields, backend)};
  if (kind == "center_crop") return CenterCropStep{read_size(fields)};
  if (kind != "center_square") fields.refuse("step", "\"" + kind + "\" is unknown");
  const CenterSquareStep square{whole("part"), whole("whole")};
  if (square.part > square.whole) fields.refuse("part", "must not be more than \"whole\"");
  return square;
}

/// What a step makes of any picture; none where that depends on the picture.
std::optional<ImageSize> size_after(const ImageStep& step) {
  if (const auto* resize = std::get_if<ResizeStep>(&step)) return resize->size;
  if (const auto* crop = std::get_if<CenterCropStep>(&step)) return crop->size;
  return std::nullopt;
}

}  // namespace

ImageSpec read_image(JsonFields fields, const Shape& shape) {
  ImageSpec image;
  image.backend = named<ImageBackend>(fields, "backend", backend_from_name);
  if (fields.has("orient")) image.orient = fields.boolean("orient");
  for (auto& step : fields.objects("steps")) {
    image.steps.push_back(read_step(step, image.backend));
    step.refuse_others();
  }
  image.size = {static_cast<int>(shape[0]), static_cast<int>(shape[1])};
  if (image.steps.empty() || size_after(image.steps.back()) != image.size)
    fields.refuse("steps", "must end with a resize or a center_crop to the input's " +
                               std::to_string(shape[0]) + " x " + std::to_string(shape[1]));
  fields.refuse_others();
  return image;
}

}  // namespace infer::detail
