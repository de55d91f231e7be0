#include "decoder/decoder.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "decoder/tensor_values.hpp"

namespace infer {
namespace {

using detail::check_json;
using detail::invalid_json;
using detail::JsonValue;
namespace od = simdjson::ondemand;

std::vector<JsonPath> split_all(const std::vector<std::string>& paths) {
  std::vector<JsonPath> split;
  for (const auto& path : paths) split.push_back(split_json_path(path));
  return split;
}

std::string_view trimmed(const char* begin, const char* end) {
  const std::string_view text(begin, static_cast<std::size_t>(end - begin));
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

std::string join_path(const JsonPath& path) {
  std::string text;
  for (const auto& key : path) text += (text.empty() ? "" : ".") + key;
  return text;
}

/// As the key of a row, `"name":`. A name from the command line has no control characters worth a better
/// spelling.
std::string json_key(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + "\":";
}

/// Keeps the first `examples` of a column.
void truncate(Column& column, std::size_t examples) {
  if (column.size() <= examples) return;
  column.values.resize(column.begins[examples]);
  column.begins.resize(examples);
  column.dims.resize(examples * column.rank);
}

/// Bytes of one example; variable dimensions count as nothing.
std::size_t row_bytes(const TensorSpec& spec) {
  return spec.has_variable_dims() ? 0 : element_count(spec.shape) * dtype_size(storage_dtype(spec.dtype));
}

}  // namespace

/// Parses one record at a time into the chunk under way.
class Decoder::Parser {
 public:
  explicit Parser(DecoderConfig config);
  DecodedChunk decode(const RawChunk& chunk);

 private:
  using Failure = std::optional<RecordError>;

  Row decode_row(const RawChunk& chunk, const RawRecord& record);
  Failure parse_record(std::string_view text);
  Failure walk_object(od::object object, const FieldNode& node);
  Failure take_value(JsonValue value, const FieldNode& node);
  Failure consume(JsonValue value, const FieldNode& node);
  void take_input(JsonValue value, std::size_t input);
  Failure check_inputs() const;
  void keep_carried(Row& row);

  DecoderConfig config_;
  FieldNode tree_;
  std::vector<std::unique_ptr<detail::TensorValues>> values_;
  od::parser simdjson_;
  od::document document_;
  DecodedChunk out_;                       // the chunk under way
  std::vector<std::string> carried_keys_;  // as they stand in a row: `"id":`
  std::vector<std::string_view> carried_;  // values of the record under way; empty when absent
  std::vector<Failure> input_errors_;      // of the record under way: its walk goes on, to find its id
};

Decoder::Parser::Parser(DecoderConfig config)
    : config_(std::move(config)),
      tree_(make_field_tree(config_.input_paths, split_all(config_.carried))),
      carried_(config_.carried.size()),
      input_errors_(config_.inputs.size()) {
  INFER_ASSERT(config_.inputs.size() == config_.input_paths.size());
  for (const auto& spec : config_.inputs) values_.push_back(detail::make_tensor_values(spec));
  for (const auto& name : config_.carried) carried_keys_.push_back(json_key(name));
}

DecodedChunk Decoder::Parser::decode(const RawChunk& chunk) {
  const Stopwatch watch;
  out_ = {};
  out_.table.range = chunk.range;
  out_.table.lines = chunk.lines;
  out_.table.rows.reserve(chunk.records.size());
  for (const auto& spec : config_.inputs) {
    Column column;
    column.rank = spec.shape.size();
    column.values.reserve(chunk.records.size() * row_bytes(spec));
    out_.inputs.push_back(std::move(column));
  }
  for (const auto& record : chunk.records) out_.table.rows.push_back(decode_row(chunk, record));
  out_.work.read_ns = chunk.read_ns;
  out_.work.decode_ns = watch.elapsed_ns();
  return std::move(out_);
}

Row Decoder::Parser::decode_row(const RawChunk& chunk, const RawRecord& record) {
  Row row;
  row.line = record.line;
  row.offset = record.offset;
  std::ranges::fill(carried_, std::string_view());
  std::ranges::fill(input_errors_, std::nullopt);
  if (record.too_long) {
    row.error = {RecordErrorCode::too_long,
                 "the record is longer than --max-record-bytes " + std::to_string(config_.max_record_bytes)};
  } else {
    row.error = parse_record(chunk.text(record));
    out_.work.input_bytes += record.size;
  }
  if (!row.error) row.error = check_inputs();
  keep_carried(row);
  if (row.error) {
    for (auto& column : out_.inputs) truncate(column, out_.examples);
  } else {
    row.example = out_.examples++;
  }
  return row;
}

Decoder::Parser::Failure Decoder::Parser::parse_record(std::string_view text) {
  const simdjson::padded_string_view padded(text, text.size() + kTailPadding);
  if (const auto code = simdjson_.iterate(padded).get(document_)) return invalid_json(code);
  od::object object;
  if (const auto code = document_.get_object().get(object)) {
    if (code != simdjson::INCORRECT_TYPE) return invalid_json(code);
    return RecordError{RecordErrorCode::invalid_json, "not a JSON object; each line must hold one"};
  }
  if (auto failed = walk_object(object, tree_)) return failed;
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return RecordError{RecordErrorCode::invalid_json, "not a valid JSON object: something follows its end"};
  }
  return std::nullopt;
}

Decoder::Parser::Failure Decoder::Parser::walk_object(od::object object, const FieldNode& node) {
  for (auto field : object) {
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return invalid_json(code);
    JsonValue value;
    if (const auto code = field.value().get(value)) return invalid_json(code);
    const auto* wanted = node.find(key);
    if (auto failed = wanted != nullptr ? take_value(value, *wanted) : check_json(value, 1)) return failed;
  }
  return std::nullopt;
}

Decoder::Parser::Failure Decoder::Parser::take_value(JsonValue value, const FieldNode& node) {
  const auto* begin = value.raw_json_token().data();
  if (auto failed = consume(value, node)) return failed;
  const bool walked_whole = !node.input || !input_errors_[*node.input];
  if (node.carried && walked_whole) {
    const char* end = nullptr;
    if (const auto code = document_.current_location().get(end)) return invalid_json(code);
    carried_[*node.carried] = trimmed(begin, end);
  }
  return std::nullopt;
}

/// Walks the whole value, whatever it is wanted for.
Decoder::Parser::Failure Decoder::Parser::consume(JsonValue value, const FieldNode& node) {
  if (node.input) {
    take_input(value, *node.input);
    return std::nullopt;
  }
  od::object object;
  if (!node.children.empty() && !value.get_object().get(object)) return walk_object(object, node);
  return check_json(value, 1);
}

void Decoder::Parser::take_input(JsonValue value, std::size_t input) {
  auto& column = out_.inputs[input];
  truncate(column, out_.examples);  // a repeated key: the last one counts
  input_errors_[input] = values_[input]->append(value, column);
}

/// Why the record under way is no example: the first input, in call order, that has no good value.
Decoder::Parser::Failure Decoder::Parser::check_inputs() const {
  for (std::size_t i = 0; i < out_.inputs.size(); ++i) {
    if (input_errors_[i]) return input_errors_[i];
    if (out_.inputs[i].size() == out_.examples) {
      return RecordError{RecordErrorCode::missing_field,
                         "field \"" + join_path(config_.input_paths[i]) + "\" is missing"};
    }
  }
  return std::nullopt;
}

void Decoder::Parser::keep_carried(Row& row) {
  auto& text = out_.table.carried;
  row.carried_begin = text.size();
  for (std::size_t i = 0; i < carried_.size(); ++i) {
    if (carried_[i].empty()) continue;
    if (text.size() > row.carried_begin) text += ',';
    text += carried_keys_[i];
    text += carried_[i];
  }
  row.carried_size = text.size() - row.carried_begin;
}

Decoder::Decoder(DecoderConfig config) : parser_(std::make_unique<Parser>(std::move(config))) {}
Decoder::~Decoder() = default;

DecodedChunk Decoder::decode(const RawChunk& chunk) { return parser_->decode(chunk); }

}  // namespace infer
