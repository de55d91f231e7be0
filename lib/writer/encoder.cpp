#include "writer/encoder.hpp"

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "writer/classify.hpp"

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
    if (!error) error = write_prediction(places_[row.example]);
    if (error) note_failure(row, *error);
    if (error && config_.on_error == OnError::skip) return;

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

  void note_failure(const Row& row, const RecordError& error) {
    if (out_.failed++ == 0) {
      auto& first = out_.first_failure;
      first.text = file_name() + ":";
      first.stamps.push_back({first.text.size(), row.line});
      first.text += ": " + error.message + " (" + std::string(error_code_name(error.code)) + ")";
    }
    if (!config_.collect_errors) return;
    auto& text = out_.errors.text;
    text += '{';
    text += chunk_.table.carried_of(row);
    if (row.carried_size > 0) text += ',';
    write_error(out_.errors, row, error);
    text += "}\n";
  }

  void write_error(StampedText& target, const Row& row, const RecordError& error) const {
    auto& text = target.text;
    text += "\"code\":\"";
    text += error_code_name(error.code);
    text += "\",\"message\":";
    append_json_string(text, error.message);
    text += ",\"file\":";
    append_json_string(text, file_name());
    text += ",\"line\":";
    target.stamps.push_back({text.size(), row.line});
    text += ",\"offset\":";
    append_number(text, row.offset);
  }

  std::optional<RecordError> write_prediction(const Place& place) {
    INFER_ASSERT(place.batch < chunk_.batches.size());
    const auto& outputs = chunk_.batches[place.batch].outputs;
    const bool finite = config_.task == Task::classification ? write_classes(outputs[0].value, place.row)
                                                             : write_outputs(outputs, place.row);
    if (finite || config_.non_finite == NonFinite::string) return std::nullopt;
    return RecordError{RecordErrorCode::non_finite,
                       "the prediction has NaN or infinity; --non-finite string writes them as strings"};
  }

  bool write_outputs(std::span<const NamedTensor> outputs, std::size_t row) {
    bool finite = true;
    body_ += "\"outputs\":{";
    for (const auto& output : outputs) {
      if (body_.back() != '{') body_ += ',';
      append_json_string(body_, output.name);
      body_ += ':';
      finite &= append_tensor_row(body_, output.value, row, config_.non_finite);
    }
    body_ += '}';
    return finite;
  }

  bool write_classes(const HostTensor& logits, std::size_t row) {
    const auto classes = best_classes(logits, row, config_.top_k);
    if (classes.empty()) {
      body_ += "\"label\":null,\"score\":null";
      return false;
    }
    write_class(classes[0]);
    if (config_.top_k == 1) return true;
    body_ += ",\"top_k\":[";
    for (const auto& scored : classes) {
      if (body_.back() != '[') body_ += ',';
      body_ += '{';
      write_class(scored);
      body_ += '}';
    }
    body_ += ']';
    return true;
  }

  void write_class(const ScoredClass& scored) {
    body_ += "\"label\":";
    if (config_.labels.empty()) {
      append_number(body_, std::uint64_t{scored.index});
    } else {
      append_json_string(body_, config_.labels.at(scored.index));
    }
    body_ += ",\"score\":";
    append_number(body_, scored.score, config_.non_finite);
  }

  const std::string& file_name() const { return config_.file_names.at(chunk_.table.range.file); }

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
      check_outputs(batch.outputs, config);
    } catch (const UsageError& error) {
      throw RunError(error.what());
    }
  }
  return ChunkEncoder(chunk, config).encode();
}

void check_outputs(std::span<const NamedTensor> outputs, const EncoderConfig& config) {
  if (outputs.empty()) throw UsageError("the model returns no output; it must return at least one tensor");
  if (config.task != Task::classification) return;
  const auto& logits = outputs[0].value;
  const auto shape = shape_text(logits.shape);
  if (logits.shape.size() != 2 || !is_floating(logits.dtype) || logits.shape[1] < 2) {
    throw UsageError(
        "--task classification needs float logits of shape [batch, classes] as the model's first output, but "
        "\"" +
        outputs[0].name + "\" is " + std::string(dtype_name(logits.dtype)) + " " + shape +
        "; leave --task out to get the outputs as they are");
  }
  if (!config.labels.empty() && std::cmp_not_equal(logits.shape[1], config.labels.size())) {
    throw UsageError("--labels has " + std::to_string(config.labels.size()) +
                     " labels, but the model's output has " + std::to_string(logits.shape[1]) + " classes (" +
                     shape + ")");
  }
}

}  // namespace infer
