#include "writer/parts/manifest.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace infer;

namespace {

ManifestPart part_of(std::uint64_t number, std::uint64_t first_record) {
  return {"part-0000" + std::to_string(number) + ".jsonl",
          10 + number,
          number,
          10,
          first_record,
          {"a \"b\".jsonl", 5},
          {"c.jsonl", 7},
          100 * (number + 1),
          0xabcU + number};
}

std::string text_of(const std::vector<ManifestPart>& parts, ManifestSum more = {}) {
  auto text = manifest_begin({"1.2", "csv.gz", 20, {{"--model", "m \"1\"", true}}});
  for (const auto& part : parts) {
    text += manifest_line(part, &part == &parts.front());
    more.add(part);
  }
  return text + manifest_end(more);
}

}  // namespace

TEST_CASE("manifest: what is written is read again") {
  const std::vector parts{part_of(0, 0), part_of(1, 10), part_of(2, 21)};
  const auto manifest = parse_manifest(text_of(parts));
  REQUIRE(manifest.has_value());
  CHECK(manifest->format == "csv.gz");
  CHECK(manifest->header_bytes == 20);
  CHECK(manifest->parts == parts);
  CHECK(manifest->sum == ManifestSum{33, 3, 30, 600});
  CHECK(text_of(parts).find(R"("made_of":{"--model":"m \"1\""})") != std::string::npos);
}

TEST_CASE("manifest: one without its end is read up to there, and is no whole one") {
  const auto text = manifest_begin({"1", "npy", 128, {}}) + manifest_line(part_of(1, 0), true);
  CHECK_FALSE(parse_manifest(text).has_value());
  const auto manifest = parse_unfinished_manifest(text);
  REQUIRE(manifest.has_value());
  CHECK(manifest->parts == std::vector{part_of(1, 0)});
  CHECK(manifest->sum.bytes == 200);
}

TEST_CASE("manifest: no byte of it can be lost") {
  const auto text = text_of({part_of(0, 0), part_of(1, 10)});
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {  // but for the newline
    CAPTURE(size);
    CHECK_FALSE(parse_manifest(text.substr(0, size)).has_value());
  }
}

TEST_CASE("manifest: one that contradicts itself, or leads out of its folder, is none") {
  CHECK(parse_manifest(text_of({part_of(0, 0)})).has_value());
  CHECK_FALSE(parse_manifest(text_of({part_of(0, 1)})).has_value());
  CHECK_FALSE(parse_manifest(text_of({part_of(0, 0), part_of(0, 10)})).has_value());
  CHECK_FALSE(parse_manifest(text_of({part_of(0, 0)}, {1, 0, 0, 0})).has_value());
  for (const char* name : {"", ".", "..", "../part-00000.jsonl", "/etc/passwd"}) {
    auto part = part_of(0, 0);
    part.file = name;
    CHECK_FALSE(parse_manifest(text_of({part})).has_value());
  }
  auto small = part_of(0, 0);
  small.bytes = 19;
  CHECK_FALSE(parse_manifest(text_of({small})).has_value());
  auto text = text_of({part_of(0, 0)});
  text.replace(text.find(":1,"), 3, ":2,");
  CHECK_FALSE(parse_manifest(text).has_value());
}
