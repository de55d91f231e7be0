#include "encoder/task_fields.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "encoder/class_fields.hpp"
#include "encoder/entities.hpp"
#include "json/json_text.hpp"

namespace infer::detail {
namespace {

ColumnKind kind_of(DType dtype) {
  if (dtype == DType::float64) return ColumnKind::float64;
  if (is_floating(dtype)) return ColumnKind::float32;
  return dtype == DType::boolean ? ColumnKind::boolean : ColumnKind::int64;
}

bool append_embedding(std::string& body, const RowResult& result, const RowConfig& config) {
  body += "\"embedding\":";
  return append_tensor_row(body, result.outputs[0].value, result.row, config.non_finite);
}

std::vector<FlatField> embedding_columns(const ResultOptions& /*options*/, const ResultSpec& result) {
  const auto kind = result.given.empty() ? ColumnKind::float32 : kind_of(result.given.front().dtype);
  return {spread_field("embedding", FlatKind::items, numbers_below(result.width), {kind, true})};
}

bool states_embedding(const ResultSpec& result) { return result.width > 0; }

std::uint64_t count_characters(std::string_view utf8) {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Positions within one text, in characters (code points); asked for in rising order.
class CharacterCounter {
 public:
  explicit CharacterCounter(std::string_view text) : text_(text) {}

  std::uint64_t at(std::size_t byte) {
    if (byte < byte_) byte_ = characters_ = 0;
    characters_ += count_characters(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return characters_;
  }

 private:
  std::string_view text_;
  std::size_t byte_ = 0;
  std::uint64_t characters_ = 0;
};

bool append_entities(std::string& body, const RowResult& result, const RowConfig& config) {
  const auto text = result.texts->text(result.example);
  const auto entities = find_entities(result.outputs[0].value, result.row,
                                      result.texts->places_of(result.example), config.result.labels);
  body += "\"entities\":";
  if (!entities) {
    body += "null";
    return false;
  }
  CharacterCounter characters(text);
  body += '[';
  for (const auto& entity : *entities) {
    if (body.back() != '[') body += ',';
    body += "{\"entity\":";
    append_json_string(body, entity.name);
    body += ",\"score\":";
    append_number(body, static_cast<float>(entity.score), config.non_finite);
    body += ",\"text\":";
    append_json_string(body, text.substr(entity.begin, entity.end - entity.begin));
    body += ",\"start\":";
    append_number(body, characters.at(entity.begin));
    body += ",\"end\":";
    append_number(body, characters.at(entity.end));
    body += '}';
  }
  body += ']';
  return true;
}

std::vector<FlatField> entity_columns(const ResultOptions& /*options*/, const ResultSpec& /*result*/) {
  return {plain_field("entities")};
}

bool states_entities(const ResultSpec& /*result*/) { return true; }

template <class T>
std::vector<double> read_values(const HostTensor& tensor, std::size_t row, std::size_t count) {
  const auto stride = static_cast<std::size_t>(tensor.shape.at(1)) * sizeof(T);
  std::vector<T> values(count);
  std::memcpy(values.data(), tensor.bytes.data() + row * stride, count * sizeof(T));
  return {values.begin(), values.end()};
}

/// Of the record's own tokens, without those that padding made.
std::vector<double> token_logprobs(const RowResult& result) {
  const auto& value = result.outputs[0].value;
  const bool is_whole = result.own_shapes.empty() || result.own_shapes[0].empty();
  const auto count =
      static_cast<std::size_t>(is_whole ? value.shape.at(1) : result.own_shapes[0].at(result.row)[0]);
  return value.dtype == DType::float64 ? read_values<double>(value, result.row, count)
                                       : read_values<float>(value, result.row, count);
}

/// A probability has no logarithm above 0: bundle.md.
bool is_scored(double logprob) { return !(logprob > 0); }

bool append_logprobs(std::string& body, const std::vector<double>& logprobs, NonFinite policy) {
  bool finite = true;
  body += ",\"token_logprobs\":[";
  for (const auto logprob : logprobs) {
    if (body.back() != '[') body += ',';
    if (is_scored(logprob)) {
      finite &= append_number(body, static_cast<float>(logprob), policy);
    } else {
      body += "null";
    }
  }
  body += ']';
  return finite;
}

bool append_likelihood(std::string& body, const RowResult& result, const RowConfig& config) {
  const auto logprobs = token_logprobs(result);
  double sum = 0;
  std::uint64_t tokens = 0;
  for (const auto logprob : logprobs) {
    if (!is_scored(logprob)) continue;
    sum += logprob;
    ++tokens;
  }
  body += "\"logprob\":";
  bool finite = append_number(body, static_cast<float>(sum), config.non_finite);
  body += ",\"tokens\":";
  append_number(body, tokens);
  body += ",\"perplexity\":";
  if (tokens == 0) {
    body += "null";
  } else {
    const auto perplexity = std::exp(-sum / static_cast<double>(tokens));
    finite &= append_number(body, static_cast<float>(perplexity), config.non_finite);
  }
  if (config.per_token) finite &= append_logprobs(body, logprobs, config.non_finite);
  return finite;
}

std::vector<FlatField> likelihood_columns(const ResultOptions& options, const ResultSpec& /*result*/) {
  std::vector fields{plain_field("logprob", ColumnKind::float32), plain_field("tokens", ColumnKind::int64),
                     plain_field("perplexity", ColumnKind::float32)};
  if (options.per_token) {
    fields.push_back(plain_field("token_logprobs", ColumnKind::float32));
    fields.back().types[0].is_list = true;
  }
  return fields;
}

bool states_likelihood(const ResultSpec& /*result*/) { return true; }

/// Without what padding made.
bool append_own_row(std::string& body, const RowResult& result, std::size_t output, NonFinite policy) {
  const auto& value = result.outputs[output].value;
  if (result.own_shapes.empty() || result.own_shapes[output].empty())
    return append_tensor_row(body, value, result.row, policy);
  return append_tensor_row(body, value, result.row, result.own_shapes[output].at(result.row), policy);
}

bool append_outputs(std::string& body, const RowResult& result, const RowConfig& config) {
  bool finite = true;
  body += "\"outputs\":{";
  for (std::size_t i = 0; i < result.outputs.size(); ++i) {
    if (i > 0) body += ',';
    append_json_string(body, result.outputs[i].name);
    body += ':';
    finite &= append_own_row(body, result, i, config.non_finite);
  }
  body += '}';
  return finite;
}

std::vector<FlatField> output_columns(const ResultOptions& /*options*/, const ResultSpec& result) {
  auto field = spread_field("outputs", FlatKind::members, result.outputs, {});
  for (std::size_t i = 0; i < std::min(result.given.size(), field.types.size()); ++i) {
    const auto& [dtype, dims] = result.given[i];
    if (dims <= 1) field.types[i] = {kind_of(dtype), dims == 1};
  }
  return {field};
}

bool states_outputs(const ResultSpec& result) { return !result.outputs.empty(); }

/// In the order of Task.
constexpr std::array kTaskFields{
    TaskFields{append_outputs, output_columns, states_outputs},
    TaskFields{append_class_fields, class_columns, states_classes},
    TaskFields{append_embedding, embedding_columns, states_embedding},
    TaskFields{append_entities, entity_columns, states_entities},
    TaskFields{append_likelihood, likelihood_columns, states_likelihood},
};
static_assert(kTaskFields.size() == kTasks.size());

}  // namespace

const TaskFields& task_fields(Task task) { return kTaskFields[static_cast<std::size_t>(task)]; }

std::optional<RecordError> append_task_values(std::string& values, const RowResult& result,
                                              const RowConfig& config) {
  const bool finite = task_fields(config.result.task).append(values, result, config);
  if (finite || config.non_finite == NonFinite::string) return std::nullopt;
  return RecordError{RecordErrorCode::non_finite,
                     "the prediction has NaN or infinity; --non-finite string writes them as strings"};
}

}  // namespace infer::detail
