#include "decoder/field_reader.hpp"

#include <memory>

#include "decoder/chunk_columns.hpp"
#include "decoder/input_fields.hpp"
#include "decoder/record_walk.hpp"
#include "decoder/tensor_field.hpp"
#include "unit/decoder/decode.hpp"

using namespace infer;
using namespace infer::test;
using detail::FieldReader;
using Code = RecordErrorCode;

namespace {

/// A kind that the decoder does not know: two strings, whose lengths become one example.
class Lengths final : public FieldReader {
 public:
  std::span<const JsonPath> paths() const override { return paths_; }

  std::optional<RecordError> take(simdjson::ondemand::value value, std::size_t field,
                                  DecodedChunk& /*chunk*/) override {
    std::string_view text;
    if (value.get_string().get(text)) return RecordError{Code::wrong_type, "no string"};
    lengths_.at(field) = static_cast<std::uint8_t>(text.size());
    return std::nullopt;
  }

  void add_to(KeyDigest& digest, const DecodedChunk& /*chunk*/) const override {
    for (const auto length : lengths_) digest.add(std::int64_t{length});
  }

  std::optional<RecordError> append(DecodedChunk& chunk) override {
    if (lengths_[0] == lengths_[1]) return RecordError{Code::wrong_shape, "equally long"};
    auto& column = chunk.inputs.at(0);
    column.begins.push_back(column.values.size());
    for (const auto length : lengths_) column.values.push_back(std::byte{length});
    return std::nullopt;
  }

 private:
  std::vector<JsonPath> paths_{{"a"}, {"o", "b"}};
  std::vector<std::uint8_t> lengths_{0, 0};
};

/// Lengths as input 0 and a float as input 1, as the decoder puts them together.
class Parts {
 public:
  std::optional<RecordError> read(std::string_view line) {
    const auto raw = raw_chunk({line});
    inputs_.begin_record();
    carried_.begin_record();
    auto error = walk_.walk(raw.text(raw.records[0]));
    if (!error) error = inputs_.fetch();
    if (!error) error = inputs_.append();
    if (error) {
      detail::drop_incomplete(chunk_);
    } else {
      ++chunk_.examples;
    }
    return error;
  }

  const DecodedChunk& chunk() const { return chunk_; }

 private:
  static Signature signature() {
    auto signature = config_of({spec("lengths", DType::uint8, {}), kFloat}).signature;
    signature.unfed = {{"scale", {"s"}, "leave it out"}};
    return signature;
  }

  static detail::FieldReaders readers() {
    detail::FieldReaders readers;
    readers.push_back(std::make_unique<Lengths>());
    readers.push_back(detail::make_tensor_field(signature(), 1));
    return readers;
  }

  DecodedChunk chunk_{{}, std::vector<Column>(2), {}, 0, {}};
  detail::InputFields inputs_{readers(), chunk_};
  detail::CarriedFields carried_{{}};
  detail::RecordWalk walk_{make_field_tree(inputs_.paths(), {}, {{"s"}}), signature(), inputs_, carried_};
};

}  // namespace

TEST_CASE("field reader: a kind of its own gets its fields and fills its column") {
  Parts parts;
  CHECK_FALSE(parts.read(R"({"a":"123","o":{"b":"1"},"x":2})"));
  CHECK_FALSE(parts.read(R"({"x":3,"o":{"b":""},"a":"1","a":"12"})"));
  CHECK(values_of<std::uint8_t>(parts.chunk().inputs[0]) == std::vector<std::uint8_t>{3, 1, 2, 0});
  CHECK(values_of<float>(parts.chunk().inputs[1]) == std::vector<float>{2, 3});
}

TEST_CASE("field reader: the first of its fields that is missing or refused costs the record") {
  Parts parts;
  CHECK(parts.read(R"({"o":{"b":5},"x":2})")->message == "field \"a\" is missing");
  CHECK(parts.read(R"({"a":"1","x":"no number","o":{"b":5}})")->message == "no string");
  CHECK(parts.read(R"({"a":"1","o":{"b":"22"},"x":"no number"})")->code == Code::wrong_type);
  CHECK(parts.read(R"({"a":"1","o":{"b":"22"},"x":1,"s":2})")->code == Code::unfed_field);
  CHECK_FALSE(parts.read(R"({"a":"1","o":{"b":5,"b":"22"},"x":1})"));
  CHECK(parts.chunk().examples == 1);
}

TEST_CASE("field reader: of a record that it refuses at the end nothing stays in any column") {
  Parts parts;
  CHECK(parts.read(R"({"x":7,"a":"1","o":{"b":"2"}})")->message == "equally long");
  CHECK_FALSE(parts.read(R"({"x":8,"a":"","o":{"b":"2"}})"));
  CHECK(values_of<float>(parts.chunk().inputs[1]) == std::vector<float>{8});
  CHECK(parts.chunk().inputs[0].size() == 1);
}

TEST_CASE("field reader: behind a refused value that is repeated the record is looked at again") {
  Parts parts;
  CHECK(parts.read(R"({"a":[tru],"a":"1","o":{"b":"22"},"x":1})")->code == Code::invalid_json);
  CHECK(parts.read(R"({"a":"1","o":{"b":"22"},"x":[tru],"x":1})")->code == Code::invalid_json);
  CHECK_FALSE(parts.read(R"({"a":[true],"a":"1","o":{"b":"22"},"x":1})"));
}
