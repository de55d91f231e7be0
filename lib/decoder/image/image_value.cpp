#include "decoder/image/image_value.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace infer::detail {
namespace {

namespace od = simdjson::ondemand;

RecordError refusal(RecordErrorCode code, const JsonPath& field, const std::string& what) {
  return {code, "field \"" + join_json_path(field) + "\": " + what};
}

/// A JPEG's, a PNG's and a WebP's first bytes.
bool begins_as_base64(std::string_view text) {
  constexpr std::array<std::string_view, 3> kBegins{"/9j/", "iVBORw0KGgo", "UklGR"};
  constexpr std::size_t kLeast = 32;  // of the smallest picture
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
  return text.size() >= kLeast &&
         std::ranges::any_of(kBegins, [&](auto begin) { return text.starts_with(begin); }) &&
         text.substr(0, kLeast).find_first_not_of(kDigits) == std::string_view::npos;
}

std::optional<RecordError> read_data_uri(std::string_view text, const JsonPath& field, ImageValue& image) {
  constexpr std::string_view kEncoding = ";base64";
  const auto comma = text.find(',');
  const auto head = text.substr(0, comma);
  if (comma == std::string_view::npos || !head.ends_with(kEncoding))
    return refusal(RecordErrorCode::invalid_image, field,
                   "a data URI of which only data:image/...;base64,... is read");
  image = ImageText{text.substr(comma + 1)};
  return std::nullopt;
}

std::optional<RecordError> read_text(std::string_view text, const JsonPath& field, ImageValue& image) {
  constexpr std::string_view kUri = "data:";
  if (text.starts_with(kUri)) return read_data_uri(text, field, image);
  if (begins_as_base64(text)) {
    image = ImageText{text};
  } else {
    image = ImageFile{text};
  }
  return std::nullopt;
}

/// The members of an object that gives a picture; of a key that comes twice, the last.
class ImageObject {
 public:
  explicit ImageObject(const JsonPath& field) : field_(field) {}

  std::optional<RecordError> read(od::object object) {
    Literals literals{.allowed = true};
    for (auto member : object) {
      std::string_view key;
      od::value value;
      if (const auto code = member.unescaped_key().get(key)) return invalid_json(code);
      if (const auto code = member.value().get(value)) return invalid_json(code);
      if (auto error = take(key, value, literals)) return error;
    }
    return std::nullopt;
  }

  std::optional<RecordError> make(ImageValue& image) const {
    if (bytes_) {
      image = ImageText{*bytes_};
    } else if (path_) {
      image = ImageFile{*path_, offset_.value_or(0), size_};
    } else {
      return refusal(RecordErrorCode::wrong_type, field_,
                     "an object of a picture needs \"bytes\" or \"path\"");
    }
    return std::nullopt;
  }

 private:
  std::optional<RecordError> take(std::string_view key, od::value value, Literals& literals) {
    if (key == "bytes") return take_text(key, value, bytes_);
    if (key == "path") return take_text(key, value, path_);
    if (key == "offset") return take_number(key, value, offset_);
    if (key == "size") return take_number(key, value, size_);
    return check_json(value, literals, 2);
  }

  std::optional<RecordError> take_text(std::string_view key, od::value value,
                                       std::optional<std::string_view>& text) const {
    std::string_view found;
    const auto code = value.get_string().get(found);
    text = code ? std::nullopt : std::optional(found);
    return code ? unless_null(key, value, "a string", code) : std::nullopt;
  }

  std::optional<RecordError> take_number(std::string_view key, od::value value,
                                         std::optional<std::uint64_t>& number) const {
    std::uint64_t found = 0;
    const auto code = value.get_uint64().get(found);
    number = code ? std::nullopt : std::optional(found);
    return code ? unless_null(key, value, "a whole number from 0 up", code) : std::nullopt;
  }

  std::optional<RecordError> unless_null(std::string_view key, od::value value, const std::string& expected,
                                         simdjson::error_code code) const {
    bool is_null = false;
    if (!value.is_null().get(is_null) && is_null) return std::nullopt;
    if (code != simdjson::INCORRECT_TYPE && code != simdjson::NUMBER_OUT_OF_RANGE &&
        code != simdjson::NUMBER_ERROR)
      return invalid_json(code);
    return refusal(
        RecordErrorCode::wrong_type, field_,
        std::string("\"").append(key).append("\": expected ") + expected + ", found " + kind_of(value));
  }

  const JsonPath& field_;
  std::optional<std::string_view> bytes_;
  std::optional<std::string_view> path_;
  std::optional<std::uint64_t> offset_;
  std::optional<std::uint64_t> size_;
};

}  // namespace

std::optional<RecordError> read_image_value(JsonValue value, const JsonPath& field, ImageValue& image) {
  std::string_view text;
  const auto code = value.get_string().get(text);
  if (!code) return read_text(text, field, image);
  if (code != simdjson::INCORRECT_TYPE) return invalid_json(code);
  od::object object;
  if (value.get_object().get(object))
    return refusal(
        RecordErrorCode::wrong_type, field,
        "expected a picture (its path, a data URI, base64, or an object with \"bytes\" or \"path\"), "
        "found " +
            kind_of(value));
  ImageObject members(field);
  if (auto error = members.read(object)) return error;
  return members.make(image);
}

}  // namespace infer::detail
