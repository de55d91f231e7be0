#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "encoder/encoder.hpp"
#include "json/json_text.hpp"
#include "unit/record/tensors.hpp"
#include "ways.hpp"

namespace infer::bench {
namespace {

constexpr std::size_t kChunkRows = 1024;  // the most that infer puts into one

std::vector<float> load_floats(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<float> values(bytes.size() / sizeof(float));
  if (values.empty()) throw std::runtime_error("nothing to write in " + path);
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

/// One batch of embeddings whose records have ids from `first` on.
PredictedChunk predicted_chunk(const std::vector<float>& values, std::size_t width, std::uint64_t first) {
  PredictedChunk chunk;
  BatchOutputs batch;
  chunk.examples = values.size() / width;
  for (std::size_t i = 0; i < chunk.examples; ++i) {
    const auto carried = "\"id\":" + std::to_string(first + i);
    chunk.table.rows.push_back({i, i, 0, 0, false, chunk.table.carried.size(), carried.size(), i, {}});
    chunk.table.carried += carried;
    batch.examples.push_back(i);
  }
  const Shape shape{static_cast<std::int64_t>(chunk.examples), static_cast<std::int64_t>(width)};
  batch.outputs.push_back({"embedding", test::tensor_of(DType::float32, shape, values)});
  chunk.batches.push_back(std::move(batch));
  return chunk;
}

struct Rows {
  std::vector<float> values;
  std::vector<PredictedChunk> chunks;
  EncoderConfig config;
  std::size_t frame_bytes = 0;  ///< of all rows: what is no float and no comma behind one
};

std::shared_ptr<const Rows> load_rows(const std::string& path, std::size_t width) {
  auto rows = std::make_shared<Rows>();
  rows->values = load_floats(path);
  rows->config.rows.result.task = Task::embedding;
  const auto total = rows->values.size() / width;
  for (std::size_t first = 0; first < total; first += kChunkRows) {
    const auto* begin = rows->values.data() + first * width;
    const auto* end = rows->values.data() + std::min(first + kChunkRows, total) * width;
    rows->chunks.push_back(predicted_chunk({begin, end}, width, first));
  }
  for (std::size_t i = 0; i < total; ++i)  // the last float has no comma
    rows->frame_bytes +=
        std::string_view("{\"id\":,\"embedding\":[]}\n").size() + std::to_string(i).size() - 1;
  return rows;
}

double write_rows(const Rows& rows) {
  std::size_t bytes = 0;
  for (const auto& chunk : rows.chunks) bytes += encode_chunk(chunk, rows.config).output.text.size();
  return static_cast<double>(bytes - rows.frame_bytes);
}

double write_floats(const Rows& rows) {
  std::string text;
  std::size_t bytes = 0;
  for (const auto& chunk : rows.chunks) {
    for (std::size_t row = 0; row < chunk.examples; ++row) {
      text.clear();
      append_tensor_row(text, chunk.batches[0].outputs[0].value, row, NonFinite::null);
      bytes += text.size() - 1;  // brackets, but no comma behind the last
    }
  }
  return static_cast<double>(bytes);
}

double write_by_to_chars(const Rows& rows, std::size_t width) {
  constexpr std::size_t kMostChars = 16;  // "-1.17549435e-38,"
  std::vector<char> text(width * kMostChars);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.values.size(); i += width) {
    char* at = text.data();
    for (std::size_t column = 0; column < width; ++column) {
      at = std::to_chars(at, text.data() + text.size(), rows.values[i + column]).ptr;
      *at++ = ',';
    }
    bytes += static_cast<std::size_t>(at - text.data());
  }
  return static_cast<double>(bytes);
}

}  // namespace

std::vector<Way> ways_to_write(const std::string& path, std::size_t width) {
  const auto rows = load_rows(path, width);
  return {{"infer", [=] { return write_rows(*rows); }},
          {"infer's floats alone", [=] { return write_floats(*rows); }},
          {"std::to_chars alone", [=] { return write_by_to_chars(*rows, width); }}};
}

std::string rows_text(const std::string& path, std::size_t width) {
  const auto rows = load_rows(path, width);
  std::string text;
  for (const auto& chunk : rows->chunks) text += encode_chunk(chunk, rows->config).output.text;
  return text;
}

}  // namespace infer::bench
