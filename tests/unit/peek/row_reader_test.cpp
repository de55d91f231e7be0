#include <catch2/catch.hpp>

#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "peek/rows/row_reader.hpp"
#include "record/chunk.hpp"

using namespace infer;

namespace {

/// Keeps what the values are views of.
struct Read {
  Read(std::string text, bool is_flat, std::span<const double> embedding = {})
      : line(std::move(text)), reader(is_flat) {
    const auto size = line.size();
    line.append(kTailPadding, ' ');
    row = reader.read(std::string_view(line).substr(0, size), embedding);
  }

  std::string line;
  RowReader reader;
  const RowValues* row = nullptr;
};

}  // namespace

TEST_CASE("rows: label and score, and what was copied") {
  const Read read(R"({"id":7,"la\u006eg":"en","label":"good","score":0.75})", false);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->task == Task::classification);
  CHECK(read.row->carried == std::vector<std::string_view>{"id", "lang"});
  REQUIRE(read.row->labels.size() == 1);
  CHECK(read.row->labels[0].label == "good");
  REQUIRE(read.row->numbers.size() == 1);
  CHECK(read.row->numbers[0].field.text() == "score");
  CHECK(read.row->numbers[0].value == 0.75);
  CHECK_FALSE(read.row->failure);
}

TEST_CASE("rows: a label may be a number, and scores a word or missing") {
  const Read read(R"({"label":3 ,"score":"NaN"})", false);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->labels.at(0).label == "3");
  CHECK(std::isnan(read.row->numbers.at(0).value));
  const Read missing(R"({"label":null,"score":null})", false);
  REQUIRE(missing.row != nullptr);
  CHECK(missing.row->labels.empty());
  CHECK(missing.row->numbers.empty());
}

TEST_CASE("rows: why a record failed, in a row and in a list of errors") {
  const auto error = std::string(R"("code":"too_long","message":"m","file":"a.jsonl","line":9,"offset":4)");
  const Read row(R"({"id":1,"score":null,"error":{)" + error + "}}", false);
  const Read list("{\"id\":1," + error + R"(,"row":8})", false);
  for (const auto* read : {&row, &list}) {
    REQUIRE(read->row != nullptr);
    REQUIRE(read->row->failure);
    CHECK(read->row->failure->code == "too_long");
    CHECK(read->row->failure->message == "m");
    CHECK(read->row->failure->file == "a.jsonl");
    CHECK(read->row->failure->line == 9);
  }
  const Read copied("{" + error + R"(,"score":0.5})", false);
  REQUIRE(copied.row != nullptr);
  CHECK_FALSE(copied.row->failure);
}

TEST_CASE("rows: vectors, with what is missing in them") {
  const Read read(R"({"embedding":[1,-2.5,null,"Infinity"]})", false);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->task == Task::embedding);
  const auto vector = read.row->of(read.row->vectors.at(0));
  REQUIRE(vector.size() == 4);
  CHECK(vector[1] == -2.5);
  CHECK(std::isnan(vector[2]));
  CHECK(std::isnan(vector[3]));
}

TEST_CASE("rows: outputs of any shape") {
  const Read read(R"({"outputs":{"a":1.5,"large":true,"v":[1,2],"t":[[1,2],[3,4]]}})", false);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->numbers.at(0).field.text() == "outputs.a");
  CHECK(read.row->labels.at(0).label == "true");
  CHECK(read.row->of(read.row->vectors.at(0)).size() == 2);
  CHECK(read.row->of(read.row->vectors.at(1)).size() == 4);
}

TEST_CASE("rows: entities and several labels, also as JSON in a text") {
  const auto list = std::string(R"([{"entity":"PER","score":0.5,"text":"x"},{"entity":"LOC","score":0.25}])");
  std::string quoted;
  for (const char c : list) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
  const Read plain("{\"entities\":" + list + "}", false);
  const Read flat("{\"entities\":\"" + quoted + "\"}", true);
  for (const auto* read : {&plain, &flat}) {
    REQUIRE(read->row != nullptr);
    REQUIRE(read->row->labels.size() == 2);
    CHECK(read->row->labels[1].label == "LOC");
    CHECK(read->row->numbers.at(0).field.text() == "entities.score");
    CHECK(read->row->numbers.back().field.text() == "entities.per row");
    CHECK(read->row->numbers.back().value == 2);
  }
}

TEST_CASE("rows: flat columns of outputs, scores and vectors") {
  const Read read(
      R"({"outputs_a":1,"scores_x":0.5,"embedding_0":1,"embedding_1":2,"embedding_x":3,"error_code":null})",
      true);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->numbers.size() == 2);
  CHECK(read.row->carried == std::vector<std::string_view>{"embedding_x"});
  CHECK(read.row->of(read.row->vectors.at(0)).size() == 2);
  const Read failed(R"({"score":null,"error_code":"wrong_type","error_message":"m"})", true);
  REQUIRE(failed.row != nullptr);
  CHECK(failed.row->failure.value().code == "wrong_type");
  CHECK(failed.row->failure.value().message == "m");
  const Read json(R"({"outputs_a":1})", false);
  REQUIRE(json.row != nullptr);
  CHECK(json.row->carried.size() == 1);
}

TEST_CASE("rows: the same reader reads rows with other fields in other places") {
  RowReader reader(false);
  for (int i = 0; i < 3; ++i) {
    for (const auto* text :
         {R"({"id":1,"score":1})", R"({"score":1,"id":1,"tokens":3})", R"({"idx":1,"scores":{"a":1}})"}) {
      auto line = std::string(text);
      const auto size = line.size();
      line.append(kTailPadding, ' ');
      const auto* row = reader.read(std::string_view(line).substr(0, size));
      REQUIRE(row != nullptr);
      CHECK(row->numbers.at(0).value == 1);
      CHECK(row->carried.size() == 1);
    }
  }
}

TEST_CASE("rows: what is none is told why") {
  for (const auto* text : {"", "x", "[1]", "3", R"({"a":1)", R"({"a":1} 2)", R"({"a")", "{\"a\":\"\xff\"}",
                           R"({"embedding":[1,})", R"({"score":abc})", R"({"score":1e400})"}) {
    Read read(text, false);
    CHECK(read.row == nullptr);
    CHECK_FALSE(read.reader.problem().empty());
  }
}

TEST_CASE("rows: NaN as Python writes it, and a line number that is not there yet") {
  const Read read(R"({"id":"NaN","embedding":[1,NaN,-Infinity,Infinity]})", true);
  REQUIRE(read.row != nullptr);
  CHECK(read.row->of(read.row->vectors.at(0)).size() == 4);
  const Read part(R"({"error":{"code":"too_long","message":"a\"NaN","file":"f","line":,"offset":3}})", false);
  REQUIRE(part.row != nullptr);
  CHECK(part.row->failure.value().message == "a\"NaN");
  CHECK(repaired_line(R"({"a":"NaN:,"})") == std::nullopt);
  CHECK(repaired_line(R"({"a":})") == R"({"a":null})");
}

TEST_CASE("rows: a vector that is not in the line, also where the line has what no JSON has") {
  const std::vector<double> vector{0.5, -2};
  for (const auto* text : {R"({"id":1,"score":0.5})", R"({"id":1,"score":NaN})"}) {
    const Read read(text, false, vector);
    REQUIRE(read.row != nullptr);
    CHECK(read.row->task == Task::embedding);
    CHECK(read.row->carried == std::vector<std::string_view>{"id"});
    const auto found = read.row->of(read.row->vectors.at(0));
    CHECK(std::vector<double>(found.begin(), found.end()) == vector);
  }
}
