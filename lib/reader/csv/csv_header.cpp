#include "reader/csv/csv_header.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "reader/csv/csv_cells.hpp"
#include "reader/csv/csv_record.hpp"

namespace infer {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kShownBytes = 60;

std::string shown(std::string_view text) {
  std::string quoted(1, '"');
  return quoted.append(printable(text.substr(0, kShownBytes)))
      .append(text.size() > kShownBytes ? "...\"" : "\"");
}

/// What speaks against it; empty: nothing.
std::string problem_of_name(const std::vector<std::string>& names) {
  std::set<std::string_view> known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto place = "its column " + std::to_string(i + 1);
    if (names[i].empty())
      return place + " has no name; give it one in the first line, of which each record has a cell";
    if (names[i].find('\r') != std::string::npos)
      return "its lines end in CR alone, as on old Macintoshs; write them with LF or CR LF";
    if (!known.insert(names[i]).second)
      return place + " is called " + shown(names[i]) + " as an earlier one is; rename it in the first line";
  }
  return "";
}

/// Of one column, where another character may stand between the cells.
std::string problem_of_separator(const std::string& name, InputFormat format) {
  if (format == InputFormat::csv && name.find('\t') != std::string::npos)
    return "its columns are separated by tabs; give --input-format tsv";
  if (name.find(';') == std::string::npos) return "";
  return "its columns are separated by semicolons, as some spreadsheets write them; write it with commas, as "
         "with python3 -c 'import pandas, sys; pandas.read_csv(sys.stdin, sep=\";\").to_csv(sys.stdout, "
         "index=False)'";
}

std::string problem_of(std::string_view header, InputFormat format, std::size_t max_record_bytes) {
  const auto separator = traits(format).separator.value();
  const auto text = header.substr(byte_order_mark_bytes(header));
  const auto content = csv_content(text);
  if (content.size() > max_record_bytes)
    return "its first line, which names the columns, is longer than --max-record-bytes " +
           std::to_string(max_record_bytes);
  if (find_csv_record(text, {separator, max_record_bytes}, true).is_broken)
    return "its first line, which names the columns, has a quoted name without an end, or with something "
           "behind it";
  if (content.find_first_not_of(' ') == std::string_view::npos)
    return "its first line is blank, and must name the columns";
  if (content.starts_with('{'))
    return "its first line is a JSON object, " + shown(content) +
           ", and no names of columns; if it is JSON Lines, give --input-format jsonl, or name it .jsonl";
  const auto names = column_names({separator, std::string(header)});
  const auto problem = problem_of_name(names);
  return problem.empty() && names.size() == 1 ? problem_of_separator(names.front(), format) : problem;
}

}  // namespace

std::size_t byte_order_mark_bytes(std::string_view file) {
  return file.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

std::vector<std::string> column_names(const CsvColumns& columns) {
  std::vector<std::string> names;
  const std::string_view header = columns.header;
  CsvCells cells(csv_content(header.substr(byte_order_mark_bytes(header))), columns.separator);
  while (const auto cell = cells.next()) names.push_back(cell_text(*cell));
  return names;
}

void check_csv_header(const std::string& path, std::string_view header, InputFormat format,
                      std::size_t max_record_bytes) {
  if (header.empty()) return;  // there are no records
  const auto problem = problem_of(header, format, max_record_bytes);
  if (problem.empty()) return;
  throw UsageError("the input " + path + " cannot be read as " + std::string(traits(format).what) + ": " +
                   problem);
}

}  // namespace infer
