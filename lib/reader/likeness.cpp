#include "reader/likeness.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace infer {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view command;  ///< writes the content to standard output; empty: none is known
};

constexpr std::array kMagics{
    Magic{"\x1f\x8b"sv, "gzip", "gunzip -c"},        Magic{"\x28\xb5\x2f\xfd"sv, "Zstandard", "zstd -dc"},
    Magic{"\xfd\x37zXZ\0"sv, "xz", "xz -dc"},        Magic{"BZh"sv, "bzip2", "bzip2 -dc"},
    Magic{"PK\x03\x04"sv, "a zip file", "unzip -p"}, Magic{"\x93NUMPY"sv, "a NumPy array", ""},
    Magic{"\x80\x02"sv, "a Python pickle", ""},      Magic{"\x80\x03"sv, "a Python pickle", ""},
    Magic{"\x80\x04"sv, "a Python pickle", ""},      Magic{"\x80\x05"sv, "a Python pickle", ""},
};

constexpr std::string_view kWriteLines =
    "write one JSON object per line, as with file.write(json.dumps(record) + \"\\n\")";

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

/// Never the input itself, which the shell would empty first.
std::string target_for(const std::string& path) {
  return path.ends_with("records.jsonl") ? "new_records.jsonl" : "records.jsonl";
}

std::string converted(const std::string& command, const std::string& path) {
  return command + ' ' + shell_word(path) + " > " + target_for(path);
}

Likeness made_by(std::string what, const std::string& command, const std::string& path,
                 std::size_t odd_lines = 0) {
  return {std::move(what), "make JSON lines of it: " + converted(command, path), odd_lines};
}

/// As a word within Python's and the shell's quotes, if it has none of its own.
Likeness by_pandas(std::string what, const std::string& reader, const std::string& more,
                   const std::string& path) {
  const auto program = "import pandas; pandas." + reader + "(\"" + path + "\"" + more + ").to_json(\"" +
                       target_for(path) + "\", orient=\"records\", lines=True)";
  return {std::move(what), "make JSON lines of it: python3 -c '" + program + "'"};
}

std::optional<Likeness> by_magic(std::string_view head, const std::string& path) {
  constexpr std::size_t kTarMagicAt = 257;
  if (head.size() > kTarMagicAt && head.substr(kTarMagicAt).starts_with("ustar"))
    return Likeness{"a tar file", "give --input-format tar, or its files: tar -xf " + shell_word(path)};
  if (head.starts_with("\x89PNG"sv) || head.starts_with("\xff\xd8\xff"sv) ||
      (head.starts_with("RIFF") && head.substr(0, 12).ends_with("WEBP")))
    return Likeness{"an image", "give --input-format images"};
  if (head.starts_with("PAR1") || head.starts_with("ARROW1")) {
    const auto* what = head.starts_with("PAR1") ? "Parquet" : "Arrow";
    return Likeness{what,
                    "give it as a file of its own, unpacked: " + std::string("--input records.") +
                        (what[0] == 'P' ? "parquet" : "arrow"),
                    0};
  }
  const auto magic = std::ranges::find_if(kMagics, [&](const Magic& m) { return head.starts_with(m.bytes); });
  if (magic == kMagics.end()) return std::nullopt;
  if (magic->command.empty()) return Likeness{std::string(magic->what), std::string(kWriteLines), 0};
  if (ends_with_any(path, {".tgz", ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2"}))
    return Likeness{"a packed tar file",
                    "give --input-format tar, or its files: tar -xf " + shell_word(path)};
  return Likeness{std::string(magic->what), "unpack it: " + converted(std::string(magic->command), path)};
}

/// As iconv calls it; empty when it is none.
std::string utf16_name(std::string_view head) {
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) return "UTF-16";
  constexpr std::size_t kLookedAt = 32;
  std::array<std::size_t, 2> zeros{};
  const auto size = std::min(head.size(), kLookedAt);
  for (std::size_t i = 0; i < size; ++i) zeros[i % 2] += head[i] == '\0' ? 1U : 0U;
  if (size < 4 || std::max(zeros[0], zeros[1]) + 1 < size / 2) return "";
  if (zeros[0] == zeros[1]) return "";
  return zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE";
}

/// Where the first JSON object or array of a line ends.
struct Nesting {
  bool closed = false;
  std::string_view rest;  ///< behind it, without blanks at either end
};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

Nesting nesting_of(std::string_view line) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_string && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      in_string = !in_string;
    } else if (!in_string && (line[i] == '{' || line[i] == '[')) {
      ++depth;
    } else if (!in_string && (line[i] == '}' || line[i] == ']') && --depth == 0) {
      return {true, trimmed(line.substr(i + 1))};
    }
  }
  return {};
}

std::optional<Likeness> as_object(std::string_view line, bool has_more, const std::string& path) {
  if (line.starts_with("{'"))
    return Likeness{"Python's own notation (quotes are ' and not \")", std::string(kWriteLines)};
  const auto nesting = nesting_of(line);
  if (!nesting.closed && has_more) return made_by("JSON over several lines", "jq -c .", path);
  if (nesting.rest == ",")
    return made_by("JSON objects with commas between them", "sed 's/,[[:space:]]*$//'", path, 1);
  if (nesting.rest.starts_with('{')) return made_by("several JSON objects on a line", "jq -c .", path);
  return std::nullopt;
}

std::optional<Likeness> as_array(std::string_view head, const std::string& path, const std::string& field) {
  const auto inside = head.find_first_not_of(" \t\r\n", 1);
  if (inside == std::string_view::npos) return std::nullopt;
  if (head[inside] == '{') return made_by("a JSON array of records", "jq -c '.[]'", path, 2);
  return made_by("JSON arrays, not objects", "jq -c '{\"" + field + "\": .}'", path);
}

std::vector<std::string_view> first_lines(std::string_view head) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string_view> lines;
  while (!head.empty() && lines.size() < kMost) {
    const auto end = head.find('\n');
    if (const auto line = trimmed(head.substr(0, end)); !line.empty()) lines.push_back(line);
    head = end == std::string_view::npos ? std::string_view() : head.substr(end + 1);
  }
  return lines;
}

std::size_t count_outside_quotes(std::string_view line, char wanted) {
  std::size_t count = 0;
  bool in_quotes = false;
  for (const char c : line) {
    if (c == '"') in_quotes = !in_quotes;
    if (c == wanted && !in_quotes) ++count;
  }
  return count;
}

/// The character that cuts all lines into as many columns; blank when there is none.
char separator_of(const std::vector<std::string_view>& lines, const std::string& path) {
  const bool by_name = ends_with_any(path, {".csv", ".tsv"});
  for (const char separator : {'\t', ',', ';'}) {
    const auto columns = count_outside_quotes(lines.front(), separator);
    const bool all = std::ranges::all_of(
        lines, [&](std::string_view line) { return count_outside_quotes(line, separator) == columns; });
    if (columns > 0 && (by_name || (all && lines.size() > 1))) return separator;
  }
  return ' ';
}

std::optional<Likeness> as_text(const std::vector<std::string_view>& lines, const std::string& path,
                                const std::string& field) {
  switch (separator_of(lines, path)) {
    case ',': return Likeness{"CSV", "give --input-format csv"};
    case ';': return by_pandas("CSV with semicolons", "read_csv", ", sep=\";\"", path);
    case '\t': return Likeness{"tab-separated values", "give --input-format tsv"};
    default: break;
  }
  const auto object = "'{\"" + field + "\": .}'";
  if (lines.front().starts_with('"')) return made_by("JSON strings, not objects", "jq -c " + object, path);
  return made_by("plain text", "jq -cR " + object, path);
}

}  // namespace

std::optional<Likeness> recognise(std::string_view head, const std::string& path, const std::string& field) {
  if (auto binary = by_magic(head, path)) return binary;
  if (const auto name = utf16_name(head); !name.empty())
    return made_by(name + ", as PowerShell writes", "iconv -f " + name + " -t UTF-8", path);
  const auto lines = first_lines(head);
  if (lines.empty()) return std::nullopt;
  if (lines.front().starts_with('{')) return as_object(lines.front(), lines.size() > 1, path);
  if (lines.front().starts_with('[')) return as_array(head.substr(head.find('[')), path, field);
  const bool is_readable = std::ranges::none_of(
      lines.front(), [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; });
  return is_readable ? as_text(lines, path, field) : std::nullopt;
}

}  // namespace infer
