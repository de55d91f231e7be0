#include "decoder/decoder.hpp"

#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "decoder/tensor_values.hpp"
#include "decoder/text_values.hpp"

namespace infer {
namespace {

using detail::check_json;
using detail::invalid_json;
using detail::JsonValue;
using detail::missing_field;
namespace od = simdjson::ondemand;

/// What is read from records: the inputs that are fields, then the texts.
struct Wanted {
  std::vector<JsonPath> paths;
  std::vector<std::size_t> inputs;  ///< the input that the first ones become
};

Wanted wanted_fields(const Signature& signature) {
  Wanted wanted;
  for (std::size_t i = 0; i < signature.inputs.size(); ++i) {
    if (signature.sources[i].tokens) continue;
    wanted.paths.push_back(signature.sources[i].path);
    wanted.inputs.push_back(i);
  }
  if (signature.text)
    wanted.paths.insert(wanted.paths.end(), signature.text->fields.begin(), signature.text->fields.end());
  return wanted;
}

std::vector<JsonPath> split_all(const std::vector<std::string>& paths) {
  std::vector<JsonPath> split;
  for (const auto& path : paths) split.push_back(split_json_path(path));
  return split;
}

std::vector<JsonPath> unfed_paths(const Signature& signature) {
  std::vector<JsonPath> paths;
  for (const auto& argument : signature.unfed) paths.push_back(argument.path);
  return paths;
}

RecordError unfed_field(const UnfedArgument& argument) {
  return {RecordErrorCode::unfed_field, "field \"" + join_json_path(argument.path) +
                                            "\" has a value for the model's argument \"" + argument.name +
                                            "\", which is not fed: " + argument.remedy};
}

std::string_view trimmed(const char* begin, const char* end) {
  const std::string_view text(begin, static_cast<std::size_t>(end - begin));
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

constexpr std::string_view kNull = "null";

/// A value that was not read, for it is a literal: JSON has null for it.
bool is_passed_over(const char* begin, const char* end) { return begin == end; }

/// A carried value with null for each literal. No JSON has an N or an I outside of strings.
std::string_view as_json(std::string_view text, std::string& rewritten) {
  if (text.find_first_of("NI") == std::string_view::npos) return text;
  rewritten.clear();
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_literal = !in_string && (text[i] == 'N' || text[i] == 'I');
    if (is_literal) {
      if (rewritten.ends_with('-')) rewritten.pop_back();
      rewritten += kNull;
      i = std::min(text.find_first_of(" \t\r\n,]}", i), text.size()) - 1;
      continue;
    }
    if (in_string && text[i] == '\\') rewritten += text[i++];
    if (text[i] == '"') in_string = !in_string;
    rewritten += text[i];
  }
  return rewritten;
}

/// The text of a record has room behind it.
bool is_null(const char* token) { return std::string_view(token, 4) == "null"; }

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

/// Of the chunk's examples; nothing for variable dimensions. A shape may promise more than the text can hold.
std::size_t expected_bytes(const TensorSpec& spec, const RawChunk& chunk) {
  if (spec.has_variable_dims() || chunk.records.empty()) return 0;
  constexpr std::size_t kTextPerValue = 2;  // "0,"
  const auto most = chunk.buffer.size() / kTextPerValue / chunk.records.size() + 1;
  const auto values = std::min(element_count(spec.shape), most) * chunk.records.size();
  return values * dtype_size(storage_dtype(spec.dtype));
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
  Failure pass_over(JsonValue value);
  void take_wanted(JsonValue value, std::size_t wanted);
  bool refused(std::size_t wanted) const;
  bool refused_below(const FieldNode& node) const;
  Failure look_again(std::string_view object_text);
  Failure check_inputs() const;
  void keep_carried(Row& row);

  DecoderConfig config_;
  Wanted wanted_;
  FieldNode tree_;
  std::vector<std::unique_ptr<detail::TensorValues>> values_;  // of the inputs that are fields
  std::optional<detail::TextValues> text_;
  od::parser simdjson_;
  od::document document_;
  od::parser again_;
  DecodedChunk out_;                       // the chunk under way
  std::vector<std::string> carried_keys_;  // as they stand in a row: `"id":`
  std::vector<std::string_view> carried_;  // values of the record under way; empty when absent
  std::vector<std::string> rewritten_;     // those of them that are no JSON as they stand
  std::vector<Failure> input_errors_;      // of the record under way: its walk goes on, to find its id
  std::optional<std::size_t> unfed_;       // an argument that the record under way has a value for
  bool forgave_ = false;                   // a refused value of the record under way was repeated
  Failure literal_;                        // NaN in the record under way, where nobody wants it
};

Decoder::Parser::Parser(DecoderConfig config)
    : config_(std::move(config)),
      wanted_(wanted_fields(config_.signature)),
      tree_(make_field_tree(wanted_.paths, split_all(config_.carried), unfed_paths(config_.signature))),
      carried_(config_.carried.size()),
      rewritten_(config_.carried.size()),
      input_errors_(wanted_.inputs.size()) {
  const auto& signature = config_.signature;
  INFER_ASSERT(signature.inputs.size() == signature.sources.size());
  for (const auto input : wanted_.inputs)
    values_.push_back(detail::make_tensor_values(signature.inputs[input], signature.missing_as_nan));
  if (signature.text) text_.emplace(signature, config_.tokenizer);
  for (const auto& name : config_.carried) carried_keys_.push_back(json_key(name));
}

DecodedChunk Decoder::Parser::decode(const RawChunk& chunk) {
  const Stopwatch watch;
  out_ = {};
  out_.table.range = chunk.range;
  out_.table.digest = chunk.digest;
  out_.table.lines = chunk.lines;
  out_.table.rows.reserve(chunk.records.size());
  for (const auto& spec : config_.signature.inputs) {
    Column column;
    column.rank = spec.shape.size();
    column.values.reserve(expected_bytes(spec, chunk));
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
  row.number = record.number;
  row.offset = record.offset;
  row.file = record.file;
  std::ranges::fill(carried_, std::string_view());
  std::ranges::fill(input_errors_, std::nullopt);
  forgave_ = false;
  unfed_.reset();
  literal_.reset();
  if (text_) text_->begin_record();
  if (record.too_long) {
    row.error = {RecordErrorCode::too_long,
                 "the record is longer than --max-record-bytes " + std::to_string(config_.max_record_bytes)};
  } else {
    row.error = parse_record(chunk.text(record));
    out_.work.input_bytes += record.size;
  }
  if (!row.error && unfed_) row.error = unfed_field(config_.signature.unfed[*unfed_]);
  if (!row.error) row.error = check_inputs();
  if (!row.error && text_) row.error = text_->append(out_.inputs, out_.texts, out_.work);
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
  if (literal_) return literal_;
  return forgave_ ? look_again(text) : std::nullopt;
}

Decoder::Parser::Failure Decoder::Parser::walk_object(od::object object, const FieldNode& node) {
  for (auto field : object) {
    std::string_view key;
    if (const auto code = field.unescaped_key().get(key)) return invalid_json(code);
    JsonValue value;
    if (const auto code = field.value().get(value)) return invalid_json(code);
    const auto* wanted = node.find(key);
    if (auto failed = wanted != nullptr ? take_value(value, *wanted) : pass_over(value)) return failed;
  }
  return std::nullopt;
}

Decoder::Parser::Failure Decoder::Parser::take_value(JsonValue value, const FieldNode& node) {
  const auto* begin = value.raw_json_token().data();
  if (node.unfed && !is_null(begin)) unfed_ = node.unfed;
  if (auto failed = consume(value, node)) return failed;
  const bool walked_whole = !node.wanted || !refused(*node.wanted);
  if (node.carried && walked_whole) {
    const char* end = nullptr;
    if (const auto code = document_.current_location().get(end)) return invalid_json(code);
    auto text = is_passed_over(begin, end) ? kNull : trimmed(begin, end);
    if (literal_ || config_.signature.missing_as_nan) text = as_json(text, rewritten_[*node.carried]);
    const bool doubtful = !node.children.empty() && (forgave_ || refused_below(node));
    carried_[*node.carried] = doubtful && look_again(text) ? std::string_view() : text;
  }
  return std::nullopt;
}

/// Walks the whole value, whatever it is wanted for.
Decoder::Parser::Failure Decoder::Parser::consume(JsonValue value, const FieldNode& node) {
  if (node.wanted) {
    take_wanted(value, *node.wanted);
    return std::nullopt;
  }
  od::object object;
  if (!node.children.empty() && !value.get_object().get(object)) return walk_object(object, node);
  return pass_over(value);
}

/// The walk goes on behind a literal, to find the record's id.
Decoder::Parser::Failure Decoder::Parser::pass_over(JsonValue value) {
  detail::Literals literals{config_.signature.missing_as_nan};
  auto failed = check_json(value, literals, 1);
  if (!literal_) literal_ = std::move(literals.refusal);
  return failed;
}

void Decoder::Parser::take_wanted(JsonValue value, std::size_t wanted) {
  forgave_ |= refused(wanted);
  if (wanted >= values_.size()) return text_->take(value, wanted - values_.size());
  auto& column = out_.inputs[wanted_.inputs[wanted]];
  truncate(column, out_.examples);  // a repeated key: the last one counts
  input_errors_[wanted] = values_[wanted]->append(value, column);
}

/// Whether the walk of this value may have ended before its end.
bool Decoder::Parser::refused(std::size_t wanted) const {
  return wanted < values_.size() ? input_errors_[wanted].has_value()
                                 : text_->refused(wanted - values_.size());
}

bool Decoder::Parser::refused_below(const FieldNode& node) const {
  return std::ranges::any_of(node.children, [&](const FieldNode& child) {
    return (child.wanted && refused(*child.wanted)) || refused_below(child);
  });
}

/// What is wrong with an object as JSON: a refused value was not looked at to its end.
Decoder::Parser::Failure Decoder::Parser::look_again(std::string_view object_text) {
  od::document document;
  od::object object;
  const simdjson::padded_string_view padded(object_text, object_text.size() + kTailPadding);
  if (const auto code = again_.iterate(padded).get(document)) return invalid_json(code);
  if (const auto code = document.get_object().get(object)) return invalid_json(code);
  const auto before = std::exchange(literal_, std::nullopt);
  auto failed = walk_object(object, FieldNode{});
  if (!failed) failed = literal_;
  literal_ = before;
  return failed;
}

/// Why the record under way is no example: the first field, in call order, that has no good value.
Decoder::Parser::Failure Decoder::Parser::check_inputs() const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (input_errors_[i]) return input_errors_[i];
    if (out_.inputs[wanted_.inputs[i]].size() == out_.examples) {
      return missing_field(wanted_.paths[i]);
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
