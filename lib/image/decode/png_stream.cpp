#include "image/decode/png_stream.hpp"

#include <algorithm>

namespace infer::detail {
namespace {

void put_number(std::byte* target, std::uint64_t value) {
  for (std::size_t i = 0; i < 4; ++i) target[i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

}  // namespace

PngStream::PngStream(const PngChunks& chunks) : borders_(chunks.data.size()) {
  add_header(chunks);
  for (std::size_t i = 0; i < borders_.size(); ++i) {
    const std::span border(borders_[i]);
    put_number(border.data(), chunks.data[i].size());
    std::ranges::copy(as_byte_view("IDAT"), border.data() + 4);
    parts_.insert(parts_.end(), {border.first(8), chunks.data[i], border.last(4)});
  }
}

void PngStream::add_header(const PngChunks& chunks) {
  constexpr unsigned char kStart[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n',
                                      0,    0,   0,   13,  'I',  'H',  'D',  'R'};
  std::ranges::copy(std::as_bytes(std::span(kStart)), header_.begin());
  auto* fields = header_.data() + std::size(kStart);
  put_number(fields, chunks.width);
  put_number(fields + 4, chunks.height);
  fields[8] = static_cast<std::byte>(chunks.depth);
  fields[9] = static_cast<std::byte>(chunks.color == PngColor::palette ? PngColor::grey : chunks.color);
  fields[12] = static_cast<std::byte>(chunks.is_interlaced);
  parts_.emplace_back(header_);
}

bool PngStream::read(std::span<std::byte> target) {
  while (!target.empty()) {
    if (part_ == parts_.size()) return false;
    const auto rest = parts_[part_].subspan(read_);
    const auto size = std::min(rest.size(), target.size());
    std::copy_n(rest.begin(), size, target.begin());
    target = target.subspan(size);
    read_ += size;
    if (size < rest.size()) continue;
    ++part_;
    read_ = 0;
  }
  return true;
}

}  // namespace infer::detail
