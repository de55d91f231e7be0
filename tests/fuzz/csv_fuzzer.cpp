// The CSV reader against a parser that goes from character to character: the same records, however the stream
// comes and wherever it is cut.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "fuzz/require.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/csv/csv_header.hpp"
#include "reader/stream/line_stream.hpp"

namespace infer {
namespace {

struct Cell {
  std::string text;
  bool is_quoted = false;
};

struct Record {
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::string text;  // without its line's end
  std::vector<Cell> cells;
  bool is_broken = false;
};

/// From the front of a text, the mark taken away.
class CharacterParser {
 public:
  CharacterParser(std::string text, char separator, std::size_t longest)
      : text_(std::move(text)), separator_(separator), longest_(longest) {}

  std::vector<Record> parse(std::size_t mark) {
    std::vector<Record> records;
    std::uint64_t line = 0;
    for (std::size_t at = 0; at < text_.size();) {
      begin_ = at + (at == 0 ? mark : 0);
      Record record{at, line, "", {}, false};
      auto end = end_of(record);
      if (record.is_broken) end = line_end(begin_);
      record.text = content(end);
      records.push_back(record);
      line += static_cast<std::uint64_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at),
                                                    text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      at = end;
    }
    return records;
  }

 private:
  std::size_t line_end(std::size_t from) const {
    const auto newline = text_.find('\n', from);
    return newline == std::string::npos ? text_.size() : newline + 1;
  }

  std::string content(std::size_t end) const {
    auto text = text_.substr(begin_, end - begin_);
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return text;
  }

  /// Behind the record at begin_, with its line's end; notes its cells.
  std::size_t end_of(Record& record) {
    for (auto at = begin_;;) {
      if (at - begin_ > longest_) return line_end(at);
      Cell cell;
      if (at < text_.size() && text_[at] == '"') {
        cell.is_quoted = true;
        for (++at;; ++at) {
          if (at >= text_.size() || at - begin_ >= longest_) return broken(record);
          if (text_[at] != '"') {
            cell.text += text_[at];
          } else if (at + 1 < text_.size() && text_[at + 1] == '"') {
            cell.text += text_[at++];
          } else {
            break;
          }
        }
        ++at;
      } else {
        while (at < text_.size() && text_[at] != separator_ && text_[at] != '\n') cell.text += text_[at++];
        const bool is_last = at == text_.size() || text_[at] == '\n';
        if (is_last && cell.text.ends_with('\r')) cell.text.pop_back();
      }
      record.cells.push_back(cell);
      if (at == text_.size()) return at;
      if (text_[at] == '\n') return at + 1;
      if (text_[at] == '\r' && at + 1 == text_.size()) return at + 1;
      if (text_[at] == '\r' && text_[at + 1] == '\n') return at + 2;
      if (text_[at] != separator_) return broken(record);
      ++at;
    }
  }

  static std::size_t broken(Record& record) {
    record.is_broken = true;
    return 0;
  }

  std::string text_;
  char separator_;
  std::size_t longest_;
  std::size_t begin_ = 0;
};

/// Gives its bytes in pieces, not too many, because each read costs room for a MiB; and now and then none.
class PieceStream final : public ByteStream {
 public:
  PieceStream(const std::string& content, std::size_t piece, bool pauses)
      : content_(content), piece_(std::max(piece, content.size() / 16)), pauses_(pauses) {}

  StreamRead read(std::span<std::byte> target) override {
    if (pauses_ && ++reads_ % 3 == 0) return {};
    const auto size = std::min({piece_, target.size(), content_.size() - at_});
    std::copy_n(as_byte_view(content_).begin() + static_cast<std::ptrdiff_t>(at_), size, target.begin());
    at_ += size;
    return {size, at_ == content_.size()};
  }

 private:
  const std::string& content_;
  std::size_t piece_;
  bool pauses_;
  std::size_t at_ = 0;
  std::size_t reads_ = 0;
};

/// Takes a JSON string from the front of a text, as CSV has it.
std::string take_string(std::string_view& json) {
  std::string text;
  for (json.remove_prefix(1); json.front() != '"'; json.remove_prefix(1)) {
    INFER_FUZZ_REQUIRE(static_cast<unsigned char>(json.front()) >= ' ');
    if (json.front() != '\\') {
      text += json.front();
      continue;
    }
    json.remove_prefix(1);
    if (json.front() == 'u') {
      text += static_cast<char>(std::stoi(std::string(json.substr(1, 4)), nullptr, 16));
      json.remove_prefix(4);
    } else {
      const auto letter = std::string_view("nrtfb").find(json.front());
      text += letter == std::string_view::npos ? json.front() : "\n\r\t\f\b"[letter];
    }
  }
  json.remove_prefix(1);
  return text;
}

/// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool looks_like_number(std::string_view text) {
  const auto take_digits = [&] {
    const auto size = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(size);
    return size;
  };
  const auto take_one_of = [&](std::string_view characters) {
    if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  };
  take_one_of("-");
  const bool begins_with_zero = text.starts_with('0');
  const auto whole = take_digits();
  if (whole == 0 || (begins_with_zero && whole > 1)) return false;
  if (take_one_of(".") && take_digits() == 0) return false;
  if (take_one_of("eE") && (take_one_of("+-"), take_digits() == 0)) return false;
  return text.empty();
}

void require_value(std::string_view& json, const Cell& cell) {
  const bool is_number = looks_like_number(cell.text);
  if (json.front() == '"') {
    INFER_FUZZ_REQUIRE(take_string(json) == cell.text);
    INFER_FUZZ_REQUIRE(!is_number || cell.text.find_first_of("eE") != std::string::npos);
    return;
  }
  const bool is_missing = cell.text.empty() && !cell.is_quoted;
  const std::string expected = is_missing ? "null" : cell.text;
  INFER_FUZZ_REQUIRE(is_missing || is_number || expected == "true" || expected == "false" ||
                     (expected.front() == '[' && expected.back() == ']' &&
                      expected.find_first_not_of("[]0123456789+-.eE, nul") == std::string::npos));
  INFER_FUZZ_REQUIRE(json.starts_with(expected));
  json.remove_prefix(expected.size());
}

void require_record(const RawRecord& raw, std::string_view json, const Record& record,
                    const std::vector<Cell>& header, std::size_t longest) {
  INFER_FUZZ_REQUIRE(raw.offset == record.offset);
  INFER_FUZZ_REQUIRE(raw.too_long == (record.text.size() > longest));
  if (raw.too_long) return;
  const bool has_cell_for_each = !record.is_broken && record.cells.size() == header.size();
  INFER_FUZZ_REQUIRE(raw.is_refused == !has_cell_for_each);
  if (raw.is_refused) return;
  for (std::size_t i = 0; i < header.size(); ++i) {
    INFER_FUZZ_REQUIRE(json.front() == (i == 0 ? '{' : ','));
    json.remove_prefix(1);
    INFER_FUZZ_REQUIRE(take_string(json) == header[i].text && json.front() == ':');
    json.remove_prefix(1);
    require_value(json, record.cells[i]);
  }
  INFER_FUZZ_REQUIRE(json == "}");
}

struct Case {
  std::string content;
  char separator = ',';
  std::size_t longest = 0;
};

/// As of lines, one that is too long is a record, whatever is in it.
bool is_blank(const Record& record, const Case& given) {
  return record.text.size() <= given.longest &&
         record.text.find_first_not_of(given.separator == '\t' ? " " : " \t") == std::string::npos;
}

/// All chunks of the stream, against `expected`, whose first one is the header.
void require_same(const Case& given, const std::vector<Record>& expected, std::uint64_t chunk_bytes,
                  PieceStream stream, bool pauses) {
  Digest digest;
  LineStream lines(stream, {given.longest, given.separator}, digest);
  const CsvColumns columns{given.separator, std::string(lines.header())};
  ChunkReader reader({}, given.longest);
  std::size_t next = 1;
  std::uint64_t lines_before = 0;
  while (auto cut = lines.cut((lines.offset() / chunk_bytes + 1) * chunk_bytes,
                              pauses ? Seconds(0) : Seconds::max())) {
    GrantedChunk granted;
    granted.range = {0, 0, cut->begin, cut->end};
    granted.payload = std::move(cut->lines);
    granted.csv = columns;
    const auto chunk = reader.read(std::move(granted));
    for (const auto& raw : chunk.records) {
      while (next < expected.size() && is_blank(expected[next], given)) ++next;
      INFER_FUZZ_REQUIRE(next < expected.size());
      INFER_FUZZ_REQUIRE(lines_before + raw.line == expected[next].line);
      require_record(raw, chunk.text(raw), expected[next], expected.front().cells, given.longest);
      ++next;
    }
    lines_before += chunk.lines;
  }
  while (next < expected.size() && is_blank(expected[next], given)) ++next;
  INFER_FUZZ_REQUIRE(next == expected.size());
  INFER_FUZZ_REQUIRE(lines.offset() == given.content.size());
  INFER_FUZZ_REQUIRE(digest.value() == digest_of(given.content));
}

bool has_usable_header(const Case& given, const std::vector<Record>& records) {
  if (records.empty()) return false;
  const auto header = given.content.substr(0, records.size() > 1 ? records[1].offset : std::string::npos);
  const auto format = given.separator == ',' ? InputFormat::csv : InputFormat::tsv;
  try {
    check_csv_header("a.csv", header, format, given.longest);
  } catch (const UsageError&) {
    return false;
  }
  INFER_FUZZ_REQUIRE(!records.front().is_broken);
  return true;
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  FuzzedDataProvider input(data, size);
  Case given;
  given.longest = input.ConsumeIntegralInRange<std::size_t>(2, 300);
  const auto chunk_bytes = input.ConsumeIntegralInRange<std::uint64_t>(1, 300);
  const auto piece = input.ConsumeIntegralInRange<std::size_t>(1, 100);
  const bool pauses = input.ConsumeBool();
  given.separator = input.ConsumeBool() ? ',' : '\t';
  given.content = input.ConsumeRemainingBytesAsString();
  const auto mark = byte_order_mark_bytes(given.content);
  const auto records = CharacterParser(given.content, given.separator, given.longest).parse(mark);
  if (!has_usable_header(given, records)) return 0;
  require_same(given, records, 1U << 12U, PieceStream(given.content, given.content.size(), false), false);
  require_same(given, records, chunk_bytes, PieceStream(given.content, piece, pauses), pauses);
  return 0;
}
