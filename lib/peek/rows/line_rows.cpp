// Rows of JSON Lines, and of CSV as JSON lines.
#include <algorithm>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "peek/rows/limited_stream.hpp"
#include "peek/rows/row_source.hpp"
#include "reader/csv/csv_header.hpp"
#include "reader/csv/csv_lines.hpp"
#include "reader/stream/line_stream.hpp"
#include "reader/stream/unpacked_stream.hpp"
#include "record/chunk.hpp"

namespace infer {
namespace {

constexpr std::size_t kMostRowBytes = std::size_t{256} << 20U;
constexpr std::uint64_t kBlockBytes = std::uint64_t{1} << 20U;
constexpr Seconds kPatience{3600};
constexpr std::string_view kBlanks = " \t\r\n";

std::string_view text_of(const RawBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class LineRows final : public RowSource {
 public:
  explicit LineRows(const ResultFile& file)
      : file_(file),
        bytes_(std::make_unique<LimitedStream>(file.path, file.bytes, file.begin), file.path),
        lines_(bytes_, {kMostRowBytes, traits(file.format).separator}, digest_) {}

  bool next(RowBlock& block) override {
    block.lines.clear();
    block.width = 0;
    while (block.lines.empty()) {
      auto cut = cut_next();
      if (!cut) return false;
      chunk_ = {};
      chunk_.range = {0, 0, cut->begin, cut->end};
      chunk_.buffer = std::move(cut->lines);
      columns_ ? take_cells(block) : take_lines(block);
    }
    return true;
  }

 private:
  std::optional<CutLines> cut_next() {
    if (is_over_) return std::nullopt;
    try {
      if (!columns_) learn_columns();
      auto cut = lines_.cut(lines_.offset() + kBlockBytes, kPatience);
      if (cut && !file_.is_finished && lines_.has_end()) drop_torn(cut->lines);
      return cut;
    } catch (const RunError&) {
      if (file_.is_finished) throw;
      is_over_ = true;
      return lines_.take_whole_lines();
    }
  }

  void learn_columns() {
    const auto separator = traits(file_.format).separator;
    if (!separator || has_begun_) return;
    has_begun_ = true;
    const auto header = lines_.header();
    if (header.empty()) return;
    check_csv_header(file_.path, header, file_.format, kMostRowBytes);
    columns_ = CsvColumns{*separator, std::string(header)};
  }

  /// A last line without its end, as a run leaves it that was killed.
  static void drop_torn(RawBytes& lines) {
    const auto text = text_of(lines);
    if (text.ends_with('\n')) return;
    const auto last = text.find_last_of('\n');
    lines.resize(last == std::string_view::npos ? 0 : last + 1);
  }

  void take_lines(RowBlock& block) {
    const auto size = chunk_.buffer.size();
    chunk_.buffer.resize(size + kTailPadding);
    for (auto rest = text_of(chunk_.buffer).substr(0, size); !rest.empty();) {
      const auto line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const auto content = line.substr(0, line.find_last_not_of(kBlanks) + 1);
      if (!content.empty()) block.lines.push_back(content);
    }
  }

  void take_cells(RowBlock& block) {
    make_json_lines(chunk_, *columns_, kMostRowBytes);
    chunk_.buffer.resize(chunk_.buffer.size() + kTailPadding);
    for (const auto& record : chunk_.records) block.lines.push_back(chunk_.text(record));
  }

  const ResultFile file_;
  UnpackedStream bytes_;
  Digest digest_;
  LineStream lines_;
  std::optional<CsvColumns> columns_;
  bool has_begun_ = false;
  bool is_over_ = false;
  RawChunk chunk_;
};

}  // namespace

std::unique_ptr<RowSource> open_lines(const ResultFile& file) { return std::make_unique<LineRows>(file); }

std::unique_ptr<RowSource> open_rows(const ResultFile& file, RowUse use) {
  switch (file.form) {
    case ResultForm::table: return open_table(file, use);
    case ResultForm::array: return open_array(file);
    case ResultForm::lines:
    case ResultForm::cells: break;
  }
  return open_lines(file);
}

}  // namespace infer
