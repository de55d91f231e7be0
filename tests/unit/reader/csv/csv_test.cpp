#include <catch2/catch.hpp>
#include <random>

#include "base/error.hpp"
#include "reader/chunk_reader.hpp"
#include "reader/csv/csv_cells.hpp"
#include "reader/csv/csv_header.hpp"
#include "reader/csv/csv_record.hpp"
#include "reader/header_look.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

constexpr std::size_t kLongest = 100;
constexpr CsvRules kRules{',', kLongest};
using State = CsvRecord::State;

CsvRecord whole(std::size_t size, bool is_broken = false) { return {State::whole, size, is_broken}; }

CsvRecord found(std::string_view text, bool is_all = true) { return find_csv_record(text, kRules, is_all); }

RawChunk lines_of(const std::string& csv, std::size_t longest = kLongest, char separator = ',') {
  const auto begin = byte_order_mark_bytes(csv);
  const auto header = find_csv_record(std::string_view(csv).substr(begin), {separator, longest}, true);
  GrantedChunk granted;
  granted.range = {0, 0, 0, csv.size()};
  const auto bytes = as_byte_view(csv);
  granted.payload.emplace(bytes.begin(), bytes.end());
  granted.csv = CsvColumns{separator, csv.substr(0, begin + header.size)};
  return ChunkReader({}, longest).read(std::move(granted));
}

std::vector<std::string> texts(const RawChunk& chunk) {
  std::vector<std::string> all;
  for (const auto& record : chunk.records) all.emplace_back(chunk.text(record));
  return all;
}

using Texts = std::vector<std::string>;

std::string refused_header(const std::string& header, InputFormat format = InputFormat::csv) {
  return message_of<UsageError>([&] { check_csv_header("a.csv", header, format, kLongest); });
}

}  // namespace

TEST_CASE("csv: a record ends with its line, unless a quoted cell goes on in the next one") {
  CHECK(found("a,b\nc") == whole(4));
  CHECK(found("a,b\r\nc") == whole(5));
  CHECK(found("a,\"b\nc\",d\ne") == whole(10));
  CHECK(found("\"a\r\n\"\r\nb") == whole(7));
  CHECK(found("\"a\"\"\n\"\"\"\nb") == whole(9));
  CHECK(found("a\"b\nc\"") == whole(4));  // a quote within a cell is one
  CHECK(found("\"a\"\r") == whole(4));
  CHECK(found("") == whole(0));
}

TEST_CASE("csv: quotes that do not match cost the line on which the record begins") {
  CHECK(found("\"a,b\nc,d\ne") == whole(5, true));
  CHECK(found("x,\"a\"b\nc,d\n") == whole(7, true));
  CHECK(found("\"a\"\rb\nc\n") == whole(6, true));
  CHECK(found("\"a\nb\"c\n\"") == whole(3, true));
  CHECK(found("\"" + std::string(kLongest - 2, 'a') + "\"\nb") == whole(kLongest + 1));
  CHECK(found("\"\n" + std::string(kLongest - 2, 'a') + "\"\nb") == whole(2, true));
}

TEST_CASE("csv: of text that has only begun nothing is told that more of it could change") {
  for (const std::string_view text : {"a,b", "a,\"b\n", "\"a\"", "\"a\"\r", "", "\"a\"b"})
    CHECK(found(text, false).state == State::unfinished);
  CHECK(found(std::string(kLongest + 3, 'a'), false).state == State::cut_off);
  CHECK(found("\"" + std::string(kLongest + 3, 'a'), false).state == State::cut_off);
  CHECK(found("\"\n" + std::string(kLongest, 'a'), false) == whole(2, true));
}

TEST_CASE("csv: what is found of the begin of a text is what is found of all of it") {
  const auto seed = GENERATE(range(1U, 41U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < 400) text += std::string("\"\"\",,\n\r\na b7[")[random() % 13];
  const CsvRules rules{',', 1 + random() % 120};
  const auto all = find_csv_record(text, rules, true);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto begun = find_csv_record(std::string_view(text).substr(0, size), rules, false);
    if (begun.state == State::unfinished) continue;
    INFO("of the first " << size << " bytes of " << text);
    if (begun.state == State::whole) CHECK(begun == all);
    if (begun.state == State::cut_off) CHECK(all.size > rules.max_record_bytes);
  }
}

TEST_CASE("csv: a cell stands in JSON as it is where it is a number, a truth value or a list of numbers") {
  for (const auto* text : {"0", "-1", "12.50", "1e5", "1E-400", "-0.0", "[1,2,3]", "[ 1, [2.5,null] ]", "[]",
                           "true", "false", "12345678901234567890123"})
    CHECK(is_json_value(text));
  for (const auto* text :
       {"",     "007",  "+1",   ".5",   "1.",  " 1",      "1 ",   "1e",     "1e999", "0x1", "NaN",
        "null", "True", "[1,2", "[1,]", "[a]", "[\"a\"]", "[1]x", "[true]", "{}",    "-",   "1,5"})
    CHECK_FALSE(is_json_value(text));
  CHECK_FALSE(is_json_value(std::string(100, '[') + std::string(100, ']')));
}

TEST_CASE("csv: a record is an object of its cells, an empty one null and a quoted empty one a string") {
  const auto chunk = lines_of(
      "\xEF\xBB\xBFid,\"a \"\"b\"\"\"\r\n7,x\r\n\"007\",\"say \"\"hi\"\"\r\n\tthere\\\"\r\n,\"\"\r\n\r\n"
      "\"[1,2]\",\xC3\xA4\r\n");
  CHECK(texts(chunk) == Texts{R"({"id":7,"a \"b\"":"x"})",
                              R"({"id":"007","a \"b\"":"say \"hi\"\r\n\tthere\\"})",
                              R"({"id":null,"a \"b\"":""})", "{\"id\":[1,2],\"a \\\"b\\\"\":\"\xC3\xA4\"}"});
  CHECK(chunk.has_cells);
  CHECK(texts(lines_of("a\n\"\b\f\x01\x7f\"\n")) == Texts{"{\"a\":\"\\b\\f\\u0001\x7f\"}"});
  CHECK(chunk.lines == 7);
  Texts places;
  for (const auto& record : chunk.records)
    places.push_back(std::to_string(record.line) + ":" + std::to_string(record.offset));
  CHECK(places == Texts{"1:17", "2:22", "4:51", "6:58"});
}

TEST_CASE(
    "csv: a record of another number of cells is refused alone, and so is one whose quotes do not match") {
  const auto chunk = lines_of("a,b\n1\n1,2\n1,2,3\n\"x,2\n3,4\n");
  REQUIRE(chunk.records.size() == 5);
  std::vector<bool> refused;
  for (const auto& record : chunk.records) refused.push_back(record.is_refused);
  CHECK(refused == std::vector<bool>{true, false, true, true, false});
  CHECK(texts(chunk)[0] == "the record has 1 cell, 2 columns are named in the first line");
  CHECK_THAT(texts(chunk)[2], Contains("the record has 3 cells"));
  CHECK_THAT(texts(chunk)[3], Contains("a quoted cell of the record that begins here has no end"));
  CHECK(texts(chunk)[4] == R"({"a":3,"b":4})");
}

TEST_CASE("csv: a record that is too long is told so, and the next one is whole") {
  const auto chunk =
      lines_of("a\n" + std::string(kLongest, 'x') + "\n" + std::string(kLongest + 1, 'x') + "\n1\n");
  REQUIRE(chunk.records.size() == 3);
  CHECK_FALSE(chunk.records[0].too_long);
  CHECK(chunk.records[1].too_long);
  CHECK(texts(chunk)[2] == R"({"a":1})");
}

TEST_CASE("csv: between tabs, commas and blanks are text, and empty cells make a record") {
  CHECK(texts(lines_of("a\tb\n1, 2\t\n\t\n \n", kLongest, '\t')) ==
        Texts{R"({"a":"1, 2","b":null})", R"({"a":null,"b":null})"});
}

TEST_CASE("csv: a first line that names no columns, or two alike, is refused with the remedy") {
  CHECK_NOTHROW(check_csv_header("a.csv", "a,b\n", InputFormat::csv, kLongest));
  CHECK_NOTHROW(check_csv_header("a.csv", "", InputFormat::csv, kLongest));
  CHECK_THAT(refused_header("a,b,a\n"), Contains("the input a.csv cannot be read as CSV") &&
                                            Contains("its column 3 is called \"a\" as an earlier one is"));
  CHECK_THAT(refused_header("a,,b\n"), Contains("its column 2 has no name"));
  CHECK_THAT(refused_header("\"a\n"), Contains("a quoted name without an end"));
  CHECK_THAT(refused_header("\n"), Contains("its first line is blank"));
  CHECK_THAT(refused_header("{\"a\": 1}\n"), Contains("--input-format jsonl"));
  CHECK_THAT(refused_header("a\tb\n"), Contains("--input-format tsv"));
  CHECK_THAT(refused_header("a;b\n"), Contains("semicolons"));
  CHECK_THAT(refused_header("a\rb\r"), Contains("CR alone"));
  CHECK_THAT(refused_header(std::string(kLongest + 1, 'a') + "\n"),
             Contains("longer than --max-record-bytes 100"));
}

TEST_CASE("csv: the format is told by the name's ending, packed or not, and by nothing else") {
  CHECK(format_by_name("a.csv") == InputFormat::csv);
  CHECK(format_by_name("dir.csv/a.CSV.gz") == InputFormat::csv);
  CHECK(format_by_name("a.tsv.zst") == InputFormat::tsv);
  CHECK(format_by_name("a.csv.jsonl") == InputFormat::jsonl);
  CHECK(format_by_name("csv") == InputFormat::jsonl);
  CHECK(format_by_name("a.csv.gz.gz") == InputFormat::jsonl);
}

TEST_CASE("csv: columns that cannot be told apart are found before the run, and damage is left to it") {
  const ScratchFolder folder;
  const auto look = [&](const std::string& content) {
    look_at_header(stat_input(folder.write("a.csv", content), std::nullopt), kLongest);
  };
  CHECK_THROWS_AS(look("a,a\n1,2\n"), UsageError);
  CHECK_NOTHROW(look("a,b\n1,2\n"));
  CHECK_NOTHROW(look("\x1f\x8b\x08 damaged"));
}
