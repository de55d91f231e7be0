// The files of pictures that records name: none that lies outside of the folder of its input's pictures.
// Internal to the decoder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"
#include "decoder/image/image_value.hpp"
#include "record/image_root.hpp"

namespace infer::detail {

/// Thread-compatible: keeps the folders open, and the last file of which a part was read.
class ImageFiles {
 public:
  explicit ImageFiles(ImageAccess access);

  /// Fills `bytes` with what `image`, named by a record of that input, says; or says why that cannot be.
  std::optional<std::string> read(std::uint32_t input, const ImageFile& image, RawBytes& bytes);

 private:
  /// A file of which several records have a part each.
  struct Shared {
    std::uint32_t input = 0;
    std::string path;
    UniqueFd fd;
  };

  std::optional<std::string> open(std::uint32_t input, std::string_view path, UniqueFd& fd);
  std::optional<std::string> open_confined(std::uint32_t input, std::string_view named, UniqueFd& fd);
  std::optional<std::string> read_part(int fd, const ImageFile& image, RawBytes& bytes) const;

  ImageAccess access_;
  std::vector<UniqueFd> folders_;  ///< of confined roots, once a record asked for one
  std::optional<Shared> shared_;
};

}  // namespace infer::detail
