#include "reader/images/picture_lines.hpp"

#include <algorithm>
#include <cstring>

#include "base/error.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

constexpr std::size_t kLinesBytes = std::size_t{64} << 10U;  ///< made at a time

}  // namespace

void append_picture_line(std::string& out, const std::string& path) {
  out += "{\"id\":";
  append_raw_json_string(out, path);
  out += ",\"image\":";
  append_raw_json_string(out, path);
  out += "}\n";
}

StreamRead PictureLines::read(std::span<std::byte> target) {
  watch_.throw_if_stopped();
  INFER_ASSERT(listing_);
  const auto& paths = listing_->paths;
  if (given_ == lines_.size()) {
    lines_.clear();
    given_ = 0;
    while (next_ < paths.size() && lines_.size() < kLinesBytes) append_picture_line(lines_, paths[next_++]);
  }
  const auto size = std::min(target.size(), lines_.size() - given_);
  std::memcpy(target.data(), lines_.data() + given_, size);
  given_ += size;
  return {size, next_ == paths.size() && given_ == lines_.size()};
}

}  // namespace infer
