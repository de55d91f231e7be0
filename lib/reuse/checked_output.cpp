#include "reuse/checked_output.hpp"

#include <fcntl.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file_io.hpp"
#include "reuse/row_places.hpp"

namespace infer::detail {
namespace {

constexpr const char* kRemedy = "; restore it, make it anew with --keys, or leave it out of --reuse";

[[noreturn]] void refuse(const ReuseSource& source, const std::string& what) {
  throw UsageError("cannot reuse rows of " + source.output + ": " + what + kRemedy);
}

UniqueFd open_output(const ReuseSource& source, const KeysFile& keys) {
  UniqueFd fd(::open(source.output.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw UsageError(errno_message("cannot reuse rows of " + source.output + ": cannot open it"));
  const auto bytes = file_stamp(fd.get()).bytes;
  if (bytes != keys.head().output_bytes)
    refuse(source, "it has " + std::to_string(bytes) + " bytes, but its keys (" + keys.path() + ") are of " +
                       std::to_string(keys.head().output_bytes));
  return fd;
}

/// Reads and checks one output.
class Pass {
 public:
  Pass(const ReuseSource& source, const KeysFile& keys, const std::string& folder,
       const TakePlaces& take_places)
      : source_(source),
        keys_(keys),
        take_places_(take_places),
        fd_(open_output(source, keys)),
        places_(source.is_quoted) {
    ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    output_.stamp = file_stamp(fd_.get());
    if (source.unpack) output_.unpacked.emplace(folder);
  }

  CheckedOutput run() {
    for (const auto& block : keys_.blocks()) take(block.block);
    output_.rows_per_place = places_.rows_per_place();
    if (output_.unpacked) output_.stamp = file_stamp(output_.unpacked->descriptor().get());
    return std::move(output_);
  }

 private:
  void take(const KeysBlock& block) {
    read(block);
    if (source_.unpack) {
      const auto text = unpacked(block);
      take_rows(text, block, output_.unpacked->append(text));
    } else {
      take_rows(bytes_, block, block.output_begin);
    }
  }

  void read(const KeysBlock& block) {
    bytes_.resize(block.output_end - block.output_begin);
    const auto read = read_at(fd_.get(), std::span<char>(bytes_), block.output_begin);
    if (read.failed) throw UsageError(errno_message("cannot read " + source_.output));
    if (read.bytes < bytes_.size() || digest_of(bytes_) != block.output_digest)
      refuse(source_,
             "its " + place_of(block) + " are not those that its keys (" + keys_.path() + ") are of");
  }

  std::string unpacked(const KeysBlock& block) const {
    std::string text;
    for (std::string_view rest = bytes_; !rest.empty();) {
      auto piece = unpack(rest, block);
      if (!piece || piece->bytes == 0)
        refuse(source_, "its " + place_of(block) + " are no whole pieces of packed text");
      rest.remove_prefix(piece->bytes);
      text = text.empty() ? std::move(piece->text) : text + piece->text;
    }
    return text;
  }

  std::optional<UnpackedPiece> unpack(std::string_view bytes, const KeysBlock& block) const {
    try {
      return source_.unpack(bytes);
    } catch (const RunError& error) {
      refuse(source_, "its " + place_of(block) + " cannot be unpacked (" + error.what() + ")");
    }
  }

  void take_rows(std::string_view text, const KeysBlock& block, std::uint64_t begin) {
    if (rows_ == 0) output_.rows_begin = output_.rows_end = begin;
    const bool are_there = source_.row_bytes > 0 ? text.size() / source_.row_bytes == block.rows &&
                                                       text.size() % source_.row_bytes == 0
                                                 : places_.add(text, block.rows, begin);
    if (!are_there || begin != output_.rows_end)
      refuse(source_, "its " + place_of(block) + " are not the " + std::to_string(block.rows) +
                          " rows that its keys (" + keys_.path() + ") are of");
    output_.rows_end += text.size();
    rows_ += block.rows;
    take_places_(places_.take());
  }

  static std::string place_of(const KeysBlock& block) {
    return "bytes " + std::to_string(block.output_begin) + " to " + std::to_string(block.output_end);
  }

  const ReuseSource& source_;
  const KeysFile& keys_;
  const TakePlaces& take_places_;
  UniqueFd fd_;
  RowPlaces places_;
  CheckedOutput output_;
  std::uint64_t rows_ = 0;
  std::string bytes_;
};

}  // namespace

CheckedOutput check_output(const ReuseSource& source, const KeysFile& keys, const std::string& folder,
                           const TakePlaces& take_places) {
  return Pass(source, keys, folder, take_places).run();
}

}  // namespace infer::detail
