#include "peek/rows/last_rows.hpp"

#include <fcntl.h>

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "base/file_io.hpp"
#include "base/unique_fd.hpp"

namespace infer {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{256} << 10U;

/// Goes through a text backwards, byte by byte.
class BackwardCount {
 public:
  explicit BackwardCount(std::uint64_t most) : most_(most) {}

  /// True at the line's end before the last row that is wanted.
  bool is_before_rows(char c) {
    if (c != '\n') {
      has_content_ |= c != ' ' && c != '\t' && c != '\r';
      return false;
    }
    end_line();
    return rows_ == most_;
  }

  void end_line() {
    rows_ += has_content_ ? 1 : 0;
    has_content_ = false;
  }

  std::uint64_t rows() const { return rows_; }

 private:
  std::uint64_t most_;
  std::uint64_t rows_ = 0;
  bool has_content_ = false;
};

bool can_be_read_from_its_end(const ResultFile& file) {
  return file.form == ResultForm::lines && file.is_finished && !file.is_packed && file.path != "-";
}

}  // namespace

LastRows find_last_rows(const std::string& path, std::uint64_t bytes, std::uint64_t rows) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(errno_message("infer peek: cannot open " + path));
  BackwardCount count(rows);
  std::string piece;
  while (bytes > 0 && rows > 0) {
    piece.resize(static_cast<std::size_t>(std::min(bytes, kPieceBytes)));
    bytes -= piece.size();
    if (read_at(fd.get(), std::span<char>(piece), bytes).bytes < piece.size())
      throw RunError(errno_message("infer peek: cannot read " + path), /*may_go_on=*/false);
    for (auto at = piece.size(); at > 0; --at) {
      if (count.is_before_rows(piece[at - 1])) return {bytes + at, count.rows()};
    }
  }
  count.end_line();
  return {bytes, count.rows()};
}

void keep_last_rows(std::vector<ResultFile>& files, std::uint64_t rows) {
  if (rows == 0 || !std::ranges::all_of(files, can_be_read_from_its_end)) return;
  auto file = files.end();
  while (rows > 0 && file != files.begin()) {
    --file;
    const auto last = find_last_rows(file->path, file->bytes, rows);
    file->begin = last.begin;
    rows -= last.rows;
  }
  files.erase(files.begin(), file);
}

}  // namespace infer
