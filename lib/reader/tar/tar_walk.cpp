#include "reader/tar/tar_walk.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostExtraBytes = std::size_t{1} << 20U;  ///< of a long name or a pax header
constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;

std::uint64_t whole_blocks(std::uint64_t size) {
  return (size + kTarBlockBytes - 1) / kTarBlockBytes * kTarBlockBytes;
}

bool describes_next(char type) {
  constexpr std::string_view kTypes = "xXgLK";
  return kTypes.find(type) != std::string_view::npos;
}

}  // namespace

/// Until `to` has so many bytes. False while they are not there; at the stream's end with fewer.
bool TarWalk::fill(std::string& to, std::size_t size) {
  while (to.size() < size && !at_end_) {
    const auto have = to.size();
    to.resize(std::min(size, have + kPieceBytes));
    StreamRead got;
    try {
      got = bytes_.read(std::as_writable_bytes(std::span(to).subspan(have)));
    } catch (...) {
      to.resize(have);
      throw;
    }
    to.resize(have + got.bytes);
    position_ += got.bytes;
    at_end_ = got.at_end;
    if (got.bytes == 0 && !at_end_) return false;
  }
  return true;
}

/// Up to payload_end_.
bool TarWalk::pass_over() {
  std::string scrap;
  while (position_ < payload_end_ && !at_end_) {
    const auto skipped = bytes_.skip(payload_end_ - position_);
    position_ += skipped;
    if (skipped > 0) continue;
    scrap.clear();
    const auto before = position_;
    fill(scrap, static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, payload_end_ - position_)));
    if (position_ == before && !at_end_) return false;
  }
  if (position_ < payload_end_)
    refuse(position_, "it ends within " + member_.header.name + ", of which " +
                          std::to_string(payload_end_ - position_) + " bytes are missing");
  return true;
}

/// False while it is not there; at the end of the tar block_ stays empty.
bool TarWalk::read_block() {
  if (!fill(block_, kTarBlockBytes)) return false;
  if (block_.size() == kTarBlockBytes) return true;
  if (block_.find_first_not_of('\0') != std::string::npos) refuse(position_, "it ends within a header");
  require_end();
  block_.clear();
  return true;
}

void TarWalk::require_end() const {
  if (extra_) refuse(position_, "it ends behind a long name or a pax header, without the member");
  if (!seen_zeros_ && position_ > 0)
    refuse(position_, "it ends without the zeros that end a tar; members may be missing");
}

TarWalk::Step TarWalk::next() {
  for (;;) {
    if (!pass_over()) return Step::waits;
    if (extra_ && extra_text_.size() < extra_->size) {
      if (!fill(extra_text_, static_cast<std::size_t>(extra_->size))) return Step::waits;
      if (extra_text_.size() < extra_->size) refuse(position_, "it ends within a long name or a pax header");
      take_extra();
      continue;
    }
    if (!read_block()) return Step::waits;
    if (block_.empty()) return Step::end;
    const auto block = as_byte_view(block_);
    if (is_zero_block(block)) {
      if (extra_) refuse(position_ - kTarBlockBytes, "zeros stand where a member is to be");
      seen_zeros_ = true;
      block_.clear();
      continue;
    }
    const auto header = parse_tar_header(block);
    if (!header) refuse(position_ - kTarBlockBytes, "no member begins there: the checksum is wrong");
    block_.clear();
    seen_zeros_ = false;
    take_header(*header);
    if (!extra_) return Step::member;
  }
}

void TarWalk::take_header(const TarHeader& header) {
  if (header.type == 'S' || (next_.has_holes && !describes_next(header.type)))
    refuse(position_ - kTarBlockBytes,
           header.name + " is stored with holes, which are not read: make the tar anew, without --sparse");
  extra_.reset();
  if (describes_next(header.type)) {
    if (header.size > kMostExtraBytes)
      refuse(position_ - kTarBlockBytes, "a long name or a pax header of " + std::to_string(header.size) +
                                             " bytes, of at most " + std::to_string(kMostExtraBytes));
    extra_ = header;
    extra_text_.clear();
    member_.header = header;
    if (header.size == 0) take_extra();
    return;
  }
  member_.header = header;
  member_.header.name = next_.path.value_or(global_.path.value_or(header.name));
  if (header.has_payload()) member_.header.size = next_.size.value_or(global_.size.value_or(header.size));
  member_.offset = position_;
  next_ = {};
  const auto payload = header.has_payload() ? member_.header.size : 0;
  payload_end_ = position_ + whole_blocks(payload);
}

/// What a header says of the next one.
void TarWalk::take_extra() {
  const auto& header = *extra_;
  if (header.type == 'L') {
    next_.path = extra_text_.substr(0, extra_text_.find('\0'));
  } else if (header.type != 'K' && !read_pax_records(extra_text_, header.type == 'g' ? global_ : next_)) {
    refuse(position_ - header.size, "a pax header that cannot be read");
  }
  payload_end_ = position_ - header.size + whole_blocks(header.size);
}

bool TarWalk::take(std::string& to, std::size_t size) {
  if (!fill(to, size)) return false;
  return to.size() == size || pass_over();  // which then says that it is cut off
}

void TarWalk::refuse(std::uint64_t offset, const std::string& what) const {
  throw RunError("cannot read the tar " + name_ + " at its byte " + std::to_string(offset) + ": " + what +
                 "; all rows of what stands before are kept: put a whole copy of it in its place");
}

}  // namespace infer
