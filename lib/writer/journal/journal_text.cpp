#include "writer/journal/journal_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "json/json_writer.hpp"
#include "writer/journal/session_text.hpp"

namespace infer {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::string_view kCheckKey = "{\"check\":\"";
constexpr std::size_t kDigestDigits = 16;
constexpr std::size_t kBodyBegin = kCheckKey.size() + kDigestDigits + 2;  // after `",`

std::string checked_line(const std::string& body) {
  std::string line(kCheckKey);
  line += digest_text(digest_of(body));
  line += "\",";
  line += body;
  return line + '\n';
}

void append_fact(std::string& out, const Fact& fact) {
  JsonMembers members(out);
  members.text("name", fact.name);
  members.text("value", fact.value);
  members.flag("binding", fact.binding);
  members.end();
}

void append_segment(std::string& out, const Segment& segment) {
  JsonMembers members(out);
  members.number("begin", segment.begin);
  members.number("end", segment.end);
  members.text("digest", digest_text(segment.digest));
  members.end();
}

std::uint64_t number(const element& object, std::string_view key) { return object[key].get_uint64(); }
bool flag(const element& object, std::string_view key) { return object[key].get_bool(); }
std::string text(const element& object, std::string_view key) {
  const std::string_view value = object[key].get_string();
  return std::string(value);
}

Fact read_fact(const element& object) {
  return {text(object, "name"), text(object, "value"), flag(object, "binding")};
}

std::optional<std::uint64_t> parse_digest(std::string_view digits) {
  std::uint64_t value = 0;
  const auto* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value, 16);
  if (error != std::errc() || end != last || digits.size() != kDigestDigits) return std::nullopt;
  return value;
}

// Journals of earlier versions do not have these.

std::uint64_t number_or_0(const element& object, std::string_view key) {
  std::uint64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : 0;
}

std::uint64_t digest_or_0(const element& object, std::string_view key) {
  std::string_view digits;
  return object[key].get(digits) == simdjson::SUCCESS ? parse_digest(digits).value_or(0) : 0;
}

Segment read_segment(const element& object) {
  return {number(object, "begin"), number(object, "end"), parse_digest(text(object, "digest")).value_or(0)};
}

template <class Item>
std::vector<Item> read_list(const element& object, std::string_view key, Item (*read)(const element&)) {
  std::vector<Item> items;
  const array list = object[key].get_array();
  for (const element item : list) items.push_back(read(item));
  return items;
}

RunRecord read_run(const element& object) {
  bool replace = false;  // journals of earlier versions do not say
  if (object["replace"].get(replace) != simdjson::SUCCESS) replace = false;
  return {number(object, "chunk_bytes"), flag(object, "retry"), replace,
          read_list(object, "facts", read_fact)};
}

Checkpoint read_checkpoint(const element& object) {
  Checkpoint point;
  point.chunks = number(object, "chunks");
  point.rows = number(object, "rows");
  point.failed = number(object, "failed");
  point.input_bytes = number(object, "input_bytes");
  point.file = static_cast<std::uint32_t>(number(object, "file"));
  point.lines = number(object, "lines");
  point.source_bytes = number(object, "source_bytes");
  point.records = number_or_0(object, "records");
  point.input_digest = digest_or_0(object, "input_digest");
  point.beyond_digest = digest_or_0(object, "beyond_digest");
  point.complete = flag(object, "complete");
  point.first_failure = text(object, "first_failure");
  point.files = read_list(object, "files", read_segment);
  point.failures = read_failures(object);
  point.sessions = read_sessions(object);
  return point;
}

Owner read_owner(const element& object) {
  return {text(object, "host"), static_cast<std::int64_t>(number(object, "pid")), text(object, "job"),
          flag(object, "has_left")};
}

bool is_whole(std::string_view line) {
  if (line.size() <= kBodyBegin || !line.starts_with(kCheckKey)) return false;
  const auto check = parse_digest(line.substr(kCheckKey.size(), kDigestDigits));
  return check && line.substr(kBodyBegin - 2, 2) == "\"," && digest_of(line.substr(kBodyBegin)) == *check;
}

/// False for a line that is whole but means nothing here.
bool take_line(JournalText& journal, simdjson::dom::parser& parser, std::string_view line) {
  const element object = parser.parse(line.data(), line.size());
  element part;
  if (object["done"].get(part) == simdjson::SUCCESS) {
    journal.checkpoints.push_back(read_checkpoint(part));
  } else if (object["run"].get(part) == simdjson::SUCCESS) {
    journal.run = read_run(part);
  } else if (object["owner"].get(part) == simdjson::SUCCESS) {
    journal.owner = read_owner(part);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string journal_line(const RunRecord& run) {
  std::string body = "\"run\":";
  JsonMembers members(body);
  members.number("chunk_bytes", run.chunk_bytes);
  members.flag("retry", run.retry);
  members.flag("replace", run.replace);
  append_list(members.begin("facts"), run.facts, append_fact);
  members.end();
  return checked_line(body + '}');
}

std::string journal_line(const Checkpoint& point) {
  std::string body = "\"done\":";
  JsonMembers members(body);
  members.number("chunks", point.chunks);
  members.number("rows", point.rows);
  members.number("failed", point.failed);
  members.number("input_bytes", point.input_bytes);
  members.number("file", point.file);
  members.number("lines", point.lines);
  members.number("source_bytes", point.source_bytes);
  members.number("records", point.records);
  members.text("input_digest", digest_text(point.input_digest));
  members.text("beyond_digest", digest_text(point.beyond_digest));
  members.flag("complete", point.complete);
  members.text("first_failure", point.first_failure);
  append_list(members.begin("files"), point.files, append_segment);
  append_failures(members, point.failures);
  append_sessions(members, point.sessions);
  members.end();
  return checked_line(body + '}');
}

std::string journal_line(const Owner& owner) {
  std::string body = "\"owner\":";
  JsonMembers members(body);
  members.text("host", owner.host);
  members.number("pid", static_cast<std::uint64_t>(owner.pid));
  members.text("job", owner.job);
  members.flag("has_left", owner.has_left);
  members.end();
  return checked_line(body + '}');
}

bool looks_like_journal(std::string_view bytes) {
  if (bytes.starts_with(kCheckKey) || kCheckKey.starts_with(bytes)) return true;
  if (bytes.find_first_not_of('\0') == std::string_view::npos) return true;
  for (std::size_t begin = 0; begin < bytes.size();) {
    const auto end = std::min(bytes.find('\n', begin), bytes.size());
    if (is_whole(bytes.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

JournalText parse_journal(std::string_view bytes) {
  JournalText journal;
  simdjson::dom::parser parser;
  while (true) {
    const auto rest = bytes.substr(journal.valid_bytes);
    const auto newline = rest.find('\n');
    if (newline == std::string_view::npos || !is_whole(rest.substr(0, newline))) return journal;
    try {
      if (!take_line(journal, parser, rest.substr(0, newline))) return journal;
    } catch (const simdjson::simdjson_error&) {
      return journal;
    }
    journal.valid_bytes += newline + 1;
  }
}

}  // namespace infer
