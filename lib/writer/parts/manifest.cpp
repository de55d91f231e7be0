#include "writer/parts/manifest.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "base/digest.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

using simdjson::dom::element;

constexpr std::uint64_t kVersion = 1;  ///< of the manifest's form

void append_text(std::string& out, std::string_view key, std::string_view value) {
  append_json_string(out, key);
  out += ':';
  append_json_string(out, value);
}

void append_count(std::string& out, std::string_view key, std::uint64_t value) {
  out += ',';
  append_json_string(out, key);
  out += ':';
  append_number(out, value);
}

void append_place(std::string& out, std::string_view key, const InputPlace& place) {
  out += ',';
  append_json_string(out, key);
  out += ":{";
  append_text(out, "input", place.file);
  append_count(out, "byte", place.byte);
  out += '}';
}

std::uint64_t number(const element& object, std::string_view key) { return object[key].get_uint64(); }

std::string text(const element& object, std::string_view key) {
  const std::string_view value = object[key].get_string();
  return std::string(value);
}

std::uint64_t digest(const element& object, std::string_view key) {
  const std::string_view digits = object[key].get_string();
  std::uint64_t value = 0;
  const auto* last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value, 16);
  if (error != std::errc() || end != last || digits != digest_text(value))
    throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  return value;
}

InputPlace read_place(const element& object) { return {text(object, "input"), number(object, "byte")}; }

ManifestPart read_part(const element& object) {
  ManifestPart part;
  part.file = text(object, "part");
  part.records = number(object, "records");
  part.failed = number(object, "failed");
  part.rows = number(object, "rows");
  part.first_record = number(object, "first_record");
  part.from = read_place(object["from"].value());
  part.to = read_place(object["to"].value());
  part.bytes = number(object, "bytes");
  part.digest = digest(object, "xxh3");
  return part;
}

ManifestSum read_sum(const element& object) {
  return {number(object, "records"), number(object, "failed"), number(object, "rows"),
          number(object, "bytes")};
}

bool is_plain_name(const std::string& file) {
  return !file.empty() && file != "." && file != ".." && file.find('/') == std::string::npos &&
         file.find('\0') == std::string::npos;
}

/// What its parts add up to. Empty where they do not follow one another, or have no names of their own.
std::optional<ManifestSum> sound_sum(const Manifest& manifest) {
  ManifestSum sum;
  std::vector<std::string_view> names;
  for (const auto& part : manifest.parts) {
    const bool fits = part.failed <= part.records && part.rows <= part.records &&
                      part.first_record == sum.records && part.bytes >= manifest.header_bytes;
    if (!fits || !is_plain_name(part.file)) return std::nullopt;
    names.push_back(part.file);
    sum.add(part);
  }
  std::ranges::sort(names);
  if (std::ranges::adjacent_find(names) != names.end()) return std::nullopt;
  return sum;
}

Manifest read(const element& object) {
  Manifest manifest;
  if (number(object, "infer_parts") != kVersion) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
  manifest.format = text(object, "format");
  manifest.header_bytes = number(object, "header_bytes");
  const simdjson::dom::array parts = object["parts"].get_array();
  for (const element part : parts) {
    manifest.parts.push_back(read_part(part));
    manifest.sum.add(manifest.parts.back());
  }
  return manifest;
}

}  // namespace

void ManifestSum::add(const ManifestPart& part) {
  records += part.records;
  failed += part.failed;
  rows += part.rows;
  bytes += part.bytes;
}

std::string manifest_begin(const ManifestHead& head) {
  std::string out = "{\"infer_parts\":" + std::to_string(kVersion) + ',';
  append_text(out, "made_by", "infer " + head.version);
  out += ',';
  append_text(out, "format", head.format);
  append_count(out, "header_bytes", head.header_bytes);
  out += ",\n\"made_of\":{";
  for (const auto& fact : head.facts) {
    if (out.back() != '{') out += ',';
    append_text(out, fact.name, fact.value);
  }
  return out + "},\n\"parts\":[";
}

std::string manifest_line(const ManifestPart& part, bool is_first) {
  std::string out = is_first ? "\n{" : ",\n{";
  append_text(out, "part", part.file);
  append_count(out, "records", part.records);
  append_count(out, "failed", part.failed);
  append_count(out, "rows", part.rows);
  append_count(out, "first_record", part.first_record);
  append_place(out, "from", part.from);
  append_place(out, "to", part.to);
  append_count(out, "bytes", part.bytes);
  out += ',';
  append_text(out, "xxh3", digest_text(part.digest));
  return out + '}';
}

std::string manifest_end(const ManifestSum& sum) {
  std::string out = "],\n\"all\":{\"records\":" + std::to_string(sum.records);
  append_count(out, "failed", sum.failed);
  append_count(out, "rows", sum.rows);
  append_count(out, "bytes", sum.bytes);
  return out + "}}\n";
}

std::optional<Manifest> parse_manifest(std::string_view text) {
  try {
    simdjson::dom::parser parser;
    const element object = parser.parse(text.data(), text.size());
    auto manifest = read(object);
    if (sound_sum(manifest) == read_sum(object["all"].value())) return manifest;
  } catch (const simdjson::simdjson_error&) {
  }
  return std::nullopt;
}

std::optional<Manifest> parse_unfinished_manifest(std::string_view text) {
  try {
    simdjson::dom::parser parser;
    auto manifest = read(parser.parse(std::string(text) + "]}"));
    if (sound_sum(manifest)) return manifest;
  } catch (const simdjson::simdjson_error&) {
  }
  return std::nullopt;
}

}  // namespace infer
