// What the texts and the EXIF chunk of a PNG say of how its picture lies.
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "image/decode/metadata.hpp"

namespace infer::detail {

/// Keeps views of the file's last chunks that count, and unpacks those alone: a file can hold thousands.
class PngTexts {
 public:
  void take(std::string_view type, ByteView content);
  Metadata metadata() const;

 private:
  struct Text {
    std::string_view type;
    std::string_view content;  ///< behind the keyword
  };

  void take_text(std::string_view type, std::string_view content);

  std::string_view exif_;
  Text profile_;  ///< EXIF as ImageMagick writes it
  Text xmp_;
};

}  // namespace infer::detail
