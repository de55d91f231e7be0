#include "encoder/encoder.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "encoder/json_lines.hpp"
#include "record/session.hpp"

namespace infer {
namespace {

constexpr std::size_t kShownBytes = 80;  ///< of a row, in a message

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
    out_.before = chunk_.table.before;
    out_.work = chunk_.work;
    for (const auto& row : chunk_.table.rows) encode_row(row);
    pack();
    out_.work.encode_ns = watch.elapsed_ns();
    return std::move(out_);
  }

 private:
  /// Where the writer has numbers to put in, it packs.
  void pack() {
    auto& output = out_.output;
    if (!config_.pack || config_.leaves_packing || output.text.empty() || !output.stamps.empty()) return;
    output.text = config_.pack(output.text);
    out_.is_packed = true;
  }

  void encode_row(const Row& row) {
    ++out_.rows;
    values_.clear();
    if (row.error) return append_failed(row, *row.error);
    if (row.earlier) return append_again(row);
    if (const auto error = check_carried(row)) return append_failed(row, *error);
    if (row.values) {
      values_ = *row.values;
    } else if (const auto error = append_values(row)) {
      return append_failed(row, *error);
    } else if (config_.cache) {
      config_.cache->put(row.key, values_);
    }
    config_.format->append_row(out_.output, {chunk_.table.carried_of(row), values_}, config_.rows);
    append_key(row.key);
  }

  void append_again(const Row& row) {
    if (const auto error = check_carried(row)) return append_failed(row, *error);
    const auto carried = chunk_.table.carried_of(row);
    if (!config_.format->append_again(out_.output, carried, *row.earlier, config_.rows))
      throw RunError("--reuse: " + printable(row.earlier->substr(0, kShownBytes)) +
                         " is no row of a good record in such an output, although its keys say so",
                     /*may_go_on=*/false);
    append_key(row.key);
  }

  void append_key(const RowKey& key) {
    if (config_.with_keys) out_.keys.append(reinterpret_cast<const char*>(&key), sizeof key);
  }

  std::optional<RecordError> check_carried(const Row& row) const {
    if (config_.format->check_carried == nullptr) return std::nullopt;
    return config_.format->check_carried(chunk_.table.carried_of(row), config_.rows);
  }

  void append_failed(const Row& row, const RecordError& error) {
    const RowFailure failure{row, error, config_.file_names.at(row.file)};
    note_failure(failure);
    if (config_.on_error == OnError::skip) return;
    config_.format->append_row(out_.output, {chunk_.table.carried_of(row), values_, &failure}, config_.rows);
    append_key({});
  }

  std::optional<RecordError> append_values(const Row& row) {
    const auto& place = places_[row.example];
    INFER_ASSERT(place.batch < chunk_.batches.size());
    const auto& batch = chunk_.batches[place.batch];
    return config_.format->append_values(
        values_, {batch.outputs, place.row, &chunk_.texts, row.example, batch.own_shapes}, config_.rows);
  }

  void note_failure(const RowFailure& failure) {
    out_.failed_rows.push_back(out_.rows - 1);
    if (out_.failed++ == 0) {
      out_.first_failure = told(failure);
      out_.first_failure.text += " (" + std::string(error_code_name(failure.error.code)) + ")";
    }
    count_failure(failure);
    if (config_.collect_errors) append_error_row(failure);
  }

  static StampedText told(const RowFailure& failure) {
    StampedText text{failure.file + ":", {}};
    text.stamps.push_back({text.text.size(), failure.row.line});
    text.text += ": " + failure.error.message;
    return text;
  }

  void count_failure(const RowFailure& failure) {
    auto& all = out_.failures;
    auto same = std::ranges::find(all, failure.error.code, &FailedHere::code);
    if (same == all.end()) same = all.insert(all.end(), {failure.error.code, 0, {}});
    ++same->rows;
    if (same->first.size() < kFirstFailures) same->first.push_back(told(failure));
  }

  void append_error_row(const RowFailure& failure) {
    auto& text = out_.errors.text;
    text += '{';
    text += chunk_.table.carried_of(failure.row);
    if (failure.row.carried_size > 0) text += ',';
    detail::append_failure(out_.errors, failure);
    text += ",\"row\":";
    out_.errors.stamps.push_back({text.size(), failure.row.number, Counter::row});
    text += "}\n";
  }

  const PredictedChunk& chunk_;
  const EncoderConfig& config_;
  std::vector<Place> places_;
  std::string values_;  // of the row under way
  EncodedChunk out_;
};

}  // namespace

EncodedChunk encode_chunk(const PredictedChunk& chunk, const EncoderConfig& config) {
  for (const auto& batch : chunk.batches) {
    try {
      check_outputs(batch.outputs, config.rows.result);
    } catch (const UsageError& error) {
      throw RunError(error.what());
    }
  }
  return ChunkEncoder(chunk, config).encode();
}

}  // namespace infer
