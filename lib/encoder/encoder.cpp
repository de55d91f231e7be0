#include "encoder/encoder.hpp"

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "encoder/npy.hpp"
#include "encoder/task_fields.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

/// Where an example's prediction lies.
struct Place {
  std::size_t batch = SIZE_MAX;  // none
  std::size_t row = 0;
};

class ChunkEncoder {
 public:
  ChunkEncoder(const PredictedChunk& chunk, const EncoderConfig& config) : chunk_(chunk), config_(config) {
    places_.resize(chunk.examples);
    for (std::size_t b = 0; b < chunk.batches.size(); ++b) {
      const auto& examples = chunk.batches[b].examples;
      for (std::size_t row = 0; row < examples.size(); ++row) places_[examples[row]] = {b, row};
    }
  }

  EncodedChunk encode() {
    const Stopwatch watch;
    out_.range = chunk_.table.range;
    out_.digest = chunk_.table.digest;
    out_.lines = chunk_.table.lines;
    out_.work = chunk_.work;
    for (const auto& row : chunk_.table.rows) encode_row(row);
    out_.work.encode_ns = watch.elapsed_ns();
    return std::move(out_);
  }

 private:
  void encode_row(const Row& row) {
    ++out_.rows;
    body_.clear();
    auto error = row.error;
    if (!error) error = write_prediction(row);
    if (error) note_failure(row, *error);
    if (error && config_.on_error == OnError::skip) return;
    config_.array ? append_array_row(error.has_value()) : append_json_row(row, error);
  }

  void append_json_row(const Row& row, const std::optional<RecordError>& error) {
    auto& text = out_.output.text;
    const auto carried = chunk_.table.carried_of(row);
    text += '{';
    text += carried;
    if (!carried.empty() && !body_.empty()) text += ',';
    text += body_;
    if (error) {
      if (!carried.empty() || !body_.empty()) text += ',';
      text += "\"error\":{";
      write_error(out_.output, row, *error);
      text += '}';
    }
    text += "}\n";
  }

  void append_array_row(bool failed) {
    if (failed) return append_npy_nan_row(out_.output.text, config_.result.width, *config_.array);
    out_.output.text += body_;
  }

  void note_failure(const Row& row, const RecordError& error) {
    out_.failed_rows.push_back(out_.rows - 1);
    if (out_.failed++ == 0) {
      auto& first = out_.first_failure;
      first.text = file_name(row) + ":";
      first.stamps.push_back({first.text.size(), row.line});
      first.text += ": " + error.message + " (" + std::string(error_code_name(error.code)) + ")";
    }
    if (!config_.collect_errors) return;
    auto& text = out_.errors.text;
    text += '{';
    text += chunk_.table.carried_of(row);
    if (row.carried_size > 0) text += ',';
    write_error(out_.errors, row, error);
    text += ",\"row\":";
    out_.errors.stamps.push_back({text.size(), row.number, Counter::row});
    text += "}\n";
  }

  void write_error(StampedText& target, const Row& row, const RecordError& error) const {
    auto& text = target.text;
    text += "\"code\":\"";
    text += error_code_name(error.code);
    text += "\",\"message\":";
    append_json_string(text, error.message);
    text += ",\"file\":";
    append_json_string(text, file_name(row));
    text += ",\"line\":";
    target.stamps.push_back({text.size(), row.line});
    text += ",\"offset\":";
    append_number(text, row.offset);
  }

  std::optional<RecordError> write_prediction(const Row& row) {
    const auto& place = places_[row.example];
    INFER_ASSERT(place.batch < chunk_.batches.size());
    const auto& outputs = chunk_.batches[place.batch].outputs;
    if (config_.array) return write_array_row(outputs[0].value, place.row);
    const detail::RowResult result{outputs, place.row, &chunk_.texts, row.example,
                                   chunk_.batches[place.batch].own_shapes};
    const bool finite = detail::append_task_fields(body_, result, config_);
    if (finite || config_.non_finite == NonFinite::string) return std::nullopt;
    return RecordError{RecordErrorCode::non_finite,
                       "the prediction has NaN or infinity; --non-finite string writes them as strings"};
  }

  std::optional<RecordError> write_array_row(const HostTensor& embedding, std::size_t row) {
    if (append_npy_row(body_, embedding, row, *config_.array)) return std::nullopt;
    return RecordError{RecordErrorCode::non_finite,
                       *config_.array == DType::float32
                           ? "the embedding has NaN or infinity"
                           : "the embedding has NaN, infinity or a number too large for float16"};
  }

  const std::string& file_name(const Row& row) const { return config_.file_names.at(row.file); }

  const PredictedChunk& chunk_;
  const EncoderConfig& config_;
  std::vector<Place> places_;
  std::string body_;
  EncodedChunk out_;
};

}  // namespace

EncodedChunk encode_chunk(const PredictedChunk& chunk, const EncoderConfig& config) {
  for (const auto& batch : chunk.batches) {
    try {
      check_outputs(batch.outputs, config.result);
    } catch (const UsageError& error) {
      throw RunError(error.what());
    }
  }
  return ChunkEncoder(chunk, config).encode();
}

}  // namespace infer
