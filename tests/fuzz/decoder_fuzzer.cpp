// Lines of anything through the decoder: a row each, never an exception; a record alone and among others
// gives the same; what is taken is JSON, and what is plain JSON is not called invalid.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/decoder.hpp"
#include "decoder/observe.hpp"
#include "fuzz/plain_json.hpp"
#include "fuzz/require.hpp"
#include "fuzz/word_tokenizer.hpp"
#include "unit/decoder/raw_chunk.hpp"

namespace infer {
namespace {

/// Every kind of value, shape and range, two nested paths, and a text.
DecoderConfig config(bool missing_as_nan = false) {
  DecoderConfig config;
  auto& signature = config.signature;
  signature.missing_as_nan = missing_as_nan;
  const auto add = [&](const char* path, DType dtype, Shape shape, std::optional<ValueRange> range = {}) {
    signature.inputs.push_back({path, dtype, std::move(shape), range, 0});
    signature.sources.push_back({split_json_path(path), {}});
  };
  add("x", DType::float32, {2});
  add("o.n", DType::int64, {}, ValueRange{0, 9});
  add("o.b", DType::boolean, {});
  add("m", DType::int8, {kVariableDim, 2});
  add("h", DType::float16, {kVariableDim});
  add("d", DType::float64, {});
  signature.inputs.push_back({"ids", DType::int64, {kVariableDim}, ValueRange{0, 9}, 0});
  signature.sources.push_back({{}, TokenPart::ids});
  signature.text = TextSpec{{{"t"}}, 6, true, false};
  signature.result.task = Task::entities;
  config.carried = {"id", "o", "t", "o.n", "more.id"};
  config.max_record_bytes = 1000;
  config.tokenizer = std::make_shared<const Tokenizer>(fuzz::kWordTokenizer, TokenizerConfig{6, false, true});
  return config;
}

struct Decoded {
  std::string error;  // code and message
  std::string carried;
  std::vector<std::string> values;
  std::vector<Shape> shapes;
  std::string text;

  bool operator==(const Decoded&) const = default;
};

Decoded decoded_row(const DecodedChunk& chunk, std::size_t row_number) {
  const auto& row = chunk.table.rows[row_number];
  Decoded decoded;
  decoded.carried = chunk.table.carried_of(row);
  if (row.error) {
    decoded.error = std::string(error_code_name(row.error->code)) + ": " + row.error->message;
    INFER_FUZZ_REQUIRE(!row.error->message.empty());
    return decoded;
  }
  for (const auto& column : chunk.inputs) {
    const auto end = row.example + 1 < column.size() ? column.begins[row.example + 1] : column.values.size();
    const auto begin = column.begins[row.example];
    decoded.values.emplace_back(reinterpret_cast<const char*>(column.values.data()) + begin, end - begin);
    const auto shape = column.shape(row.example);
    decoded.shapes.emplace_back(shape.begin(), shape.end());
  }
  decoded.text = chunk.texts.text(row.example);
  return decoded;
}

void check_table(const DecodedChunk& chunk, std::size_t records) {
  INFER_FUZZ_REQUIRE(chunk.table.rows.size() == records);
  for (const auto& column : chunk.inputs) INFER_FUZZ_REQUIRE(column.size() == chunk.examples);
  INFER_FUZZ_REQUIRE(chunk.texts.entries.size() == chunk.examples);
}

bool is_plain(std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '\\' && c != 'e' && c != 'E'; };
  const bool deep = std::ranges::count(text, '[') + std::ranges::count(text, '{') > 200;
  return text.size() < 300 && !deep && std::ranges::all_of(text, plain);
}

/// Also of a record that is none.
void check_carried(std::string_view members) {
  INFER_FUZZ_REQUIRE(fuzz::is_json_object("{" + std::string(members) + "}"));
}

void check_verdict(const Decoded& decoded, std::string_view record) {
  const bool is_json = fuzz::is_json_object(record);
  if (decoded.error.empty()) INFER_FUZZ_REQUIRE(is_json);
  check_carried(decoded.carried);
  if (is_json && is_plain(record)) INFER_FUZZ_REQUIRE(!decoded.error.starts_with("invalid_json"));
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace infer;
  static Decoder all(config());
  static Decoder one(config());
  static Decoder lenient(config(/*missing_as_nan=*/true));
  const auto records = split({reinterpret_cast<const char*>(data), size});
  const auto raw = test::raw_chunk(records);
  const auto together = all.decode(raw);
  check_table(together, records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto row = decoded_row(together, i);
    check_verdict(row, records[i]);
    const auto alone = one.decode(test::raw_chunk({records[i]}));
    check_table(alone, 1);
    INFER_FUZZ_REQUIRE(decoded_row(alone, 0) == row);
  }
  const auto forgiven = lenient.decode(raw);
  check_table(forgiven, records.size());
  for (const auto& row : forgiven.table.rows) check_carried(forgiven.table.carried_of(row));
  observe_fields(raw, {{"x"}, {"o", "n"}, {"m"}});
  return 0;
}
