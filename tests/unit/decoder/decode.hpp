// What the decoder's tests share: configurations in a line, and what becomes of one record.
#pragma once

#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/decoder.hpp"
#include "unit/decoder/raw_chunk.hpp"

namespace infer::test {

inline TensorSpec spec(const std::string& name, DType dtype, Shape shape,
                       std::optional<ValueRange> range = {}) {
  return {name, dtype, std::move(shape), range, {}};
}

/// Each input lies under its own name.
inline DecoderConfig config_of(std::vector<TensorSpec> inputs, std::vector<std::string> carried = {"id"}) {
  DecoderConfig config;
  for (const auto& input : inputs) config.signature.sources.push_back({{input.name}, {}});
  config.signature.inputs = std::move(inputs);
  config.carried = std::move(carried);
  config.max_record_bytes = 1000;
  return config;
}

inline DecodedChunk decode(const DecoderConfig& config, const std::vector<std::string_view>& lines) {
  return Decoder(config).decode(raw_chunk(lines));
}

/// The error of one record, which must have one.
inline RecordError error_of(const DecoderConfig& config, std::string_view line) {
  const auto chunk = decode(config, {line});
  REQUIRE(chunk.table.rows.size() == 1);
  INFO(line.substr(0, 200));
  REQUIRE(chunk.table.rows[0].error.has_value());
  return *chunk.table.rows[0].error;
}

inline RecordError error_of(const TensorSpec& input, std::string_view line) {
  return error_of(config_of({input}), line);
}

inline std::string carried_of(const DecoderConfig& config, std::string_view line) {
  const auto chunk = decode(config, {line});
  return std::string(chunk.table.carried_of(chunk.table.rows.at(0)));
}

inline std::string in_braces(std::string_view members) {
  return std::string("{").append(members).append("}");
}

template <class T>
std::vector<T> values_of(const Column& column) {
  std::vector<T> values(column.values.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), column.values.data(), column.values.size());
  return values;
}

/// The values of a record's only input, which must be accepted.
template <class T>
std::vector<T> accepted(const TensorSpec& input, std::string_view line) {
  const auto chunk = decode(config_of({input}), {line});
  const auto& error = chunk.table.rows.at(0).error;
  INFO(line.substr(0, 200) << (error ? ": " + error->message : ""));
  REQUIRE_FALSE(error.has_value());
  return values_of<T>(chunk.inputs.at(0));
}

inline Shape shape_of(const TensorSpec& input, std::string_view line) {
  const auto chunk = decode(config_of({input}), {line});
  REQUIRE(chunk.examples == 1);
  const auto shape = chunk.inputs[0].shape(0);
  return {shape.begin(), shape.end()};
}

inline const auto kFloat = spec("x", DType::float32, {});
inline const auto kFloats = spec("x", DType::float32, {kVariableDim});
inline const auto kInt = spec("x", DType::int64, {});

}  // namespace infer::test
