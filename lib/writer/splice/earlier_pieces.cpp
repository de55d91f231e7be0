#include "writer/splice/earlier_pieces.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "writer/splice/earlier_output.hpp"

namespace infer {
namespace {

constexpr std::size_t kReadBytes = std::size_t{1} << 20U;
constexpr const char* kRemedy = "; restore it, or score the whole input anew with --overwrite";

std::uint64_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

std::string_view Piece::row(std::uint64_t row) const {
  const auto begin = row == 0 ? 0 : ends.at(row - 1);
  return std::string_view(text).substr(begin, ends.at(row) - begin);
}

Piece piece_of(std::string text, const RetryConfig& config) {
  Piece piece;
  piece.text = std::move(text);
  for (std::string_view rest = piece.text; !rest.empty();) {
    rest.remove_prefix(first_row(rest, config.layout).size());
    piece.ends.push_back(piece.text.size() - rest.size());
  }
  piece.rows = piece.ends.size();
  if (config.pieces->splice && piece.rows > 0) piece.bytes = config.pieces->pack(piece.text);
  return piece;
}

std::string joined_piece(std::span<const Piece> pieces, std::span<const PieceRows> rows,
                         const PieceForm& form) {
  if (form.splice) {
    std::vector<std::string_view> bytes;
    for (const auto& piece : pieces) bytes.emplace_back(piece.bytes);
    return form.splice(bytes, rows);
  }
  std::string text;
  for (const auto& run : rows) {
    for (auto row = run.first; row < run.first + run.rows; ++row) text += pieces[run.piece].row(row);
  }
  return form.pack(text);
}

EarlierPieces::EarlierPieces(std::vector<std::string> paths, const RetryConfig& config)
    : paths_(std::move(paths)), config_(config) {
  open();
}

void EarlierPieces::open() {
  fd_ = UniqueFd(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) throw RunError(errno_message("cannot open the earlier output " + path()));
  buffer_.clear();
  taken_ = read_ = next_place_ = 0;
  if (config_.pieces->places) places_ = config_.pieces->places(fd_.get(), size_of(fd_.get()));
  if (config_.pieces->has_header) unpack();
}

bool EarlierPieces::open_next() {
  if (file_ + 1 == paths_.size()) return false;
  ++file_;
  open();
  return true;
}

std::optional<Piece> EarlierPieces::next() {
  do {
    auto piece = config_.pieces->places ? next_placed() : next_packed();
    if (!piece) continue;
    rows_ += piece->rows;
    return piece;
  } while (open_next());
  return std::nullopt;
}

std::optional<Piece> EarlierPieces::next_placed() {
  if (next_place_ == places_.size()) return std::nullopt;
  const auto& place = places_[next_place_++];
  Piece piece;
  piece.rows = place.rows;
  piece.bytes.resize(place.end - place.begin);
  const auto read = read_at(fd_.get(), std::span<char>(piece.bytes), place.begin);
  if (read.bytes < piece.bytes.size())
    throw RunError(errno_message("cannot read the earlier output " + path()));
  return piece;
}

/// That of an empty file has no rows.
std::optional<Piece> EarlierPieces::next_packed() {
  for (;;) {
    auto unpacked = unpack();
    if (!unpacked) return std::nullopt;
    if (unpacked->text.empty()) continue;
    auto piece = piece_of(std::move(unpacked->text), config_);
    piece.bytes = buffer_.substr(taken_ - unpacked->bytes, unpacked->bytes);
    return piece;
  }
}

std::optional<UnpackedPiece> EarlierPieces::unpacked(std::string_view bytes) const {
  try {
    return config_.pieces->unpack(bytes);
  } catch (const RunError& error) {
    throw RunError("cannot read the earlier output " + path() + ": " + error.what() + kRemedy,
                   /*may_go_on=*/false);
  }
}

/// Nothing at the end of the file.
std::optional<UnpackedPiece> EarlierPieces::unpack() {
  for (;;) {
    const auto rest = std::string_view(buffer_).substr(taken_);
    auto piece = rest.empty() ? std::nullopt : unpacked(rest);
    if (piece) {
      taken_ += piece->bytes;
      return piece;
    }
    if (fill()) continue;
    if (taken_ < buffer_.size())
      throw RunError("the earlier output " + path() + " ends within what is packed" + kRemedy,
                     /*may_go_on=*/false);
    return std::nullopt;
  }
}

/// False at the end of the file. A long piece is not tried after every MiB.
bool EarlierPieces::fill() {
  buffer_.erase(0, taken_);
  taken_ = 0;
  const auto have = buffer_.size();
  buffer_.resize(have + std::max(kReadBytes, have));
  const auto [bytes, failed] = read_at(fd_.get(), std::span<char>(buffer_).subspan(have), read_);
  if (failed) throw RunError(errno_message("cannot read the earlier output " + path()));
  buffer_.resize(have + bytes);
  read_ += bytes;
  return bytes > 0;
}

std::string EarlierPieces::header() const {
  if (!config_.pieces->has_header) return {};
  EarlierPieces begin({path()}, config_);
  return begin.buffer_.substr(0, begin.taken_);
}

}  // namespace infer
