#include <simdjson.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "decoder/decoder.hpp"
#include "unit/decoder/raw_chunk.hpp"
#include "ways.hpp"

namespace infer::bench {
namespace {

using Chunks = std::vector<RawChunk>;
using SharedChunks = std::shared_ptr<const Chunks>;

constexpr std::size_t kChunkRows = 1024;  // the most that infer puts into one

/// The lines of a file, cut as infer cuts large inputs.
SharedChunks load_chunks(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto chunks = std::make_shared<Chunks>();
  std::vector<std::string> lines;
  for (std::string line; file;) {
    if (std::getline(file, line)) lines.push_back(line);
    if (!lines.empty() && (lines.size() == kChunkRows || !file)) {
      chunks->push_back(test::raw_chunk({lines.begin(), lines.end()}));
      lines.clear();
    }
  }
  if (chunks->empty()) throw std::runtime_error("nothing to read in " + path);
  return chunks;
}

/// Sum of `read` over all records.
template <class Read>
double sum_over(const Chunks& chunks, Read read) {
  double sum = 0;
  for (const auto& chunk : chunks) {
    for (const auto& record : chunk.records) sum += read(chunk.text(record));
  }
  return sum;
}

DecoderConfig decoder_config(std::vector<std::string> carried) {
  DecoderConfig config;
  config.carried = std::move(carried);
  config.max_record_bytes = std::size_t{1} << 20U;
  return config;
}

/// Last floats of the examples of a chunk.
double sum_of_last(const DecodedChunk& chunk, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 1; i <= chunk.examples; ++i) {
    float last = 0;
    std::memcpy(&last, &chunk.inputs[0].values.at((i * width - 1) * sizeof last), sizeof last);
    sum += static_cast<double>(last);
  }
  return sum;
}

Way decode_floats(const SharedChunks& chunks, std::size_t width) {
  auto config = decoder_config({"id"});
  config.signature.inputs = {{"x", DType::float32, {static_cast<std::int64_t>(width)}, {}, {}}};
  config.signature.sources = {{{"x"}, {}}};
  const auto decoder = std::make_shared<Decoder>(config);
  return {"infer", [=] {
            double sum = 0;
            for (const auto& chunk : *chunks) sum += sum_of_last(decoder->decode(chunk), width);
            return sum;
          }};
}

/// simdjson as its manual shows it: each float appended to a vector, no checks of its number or size.
template <class Parser, class Parse>
Way raw_floats(const std::string& name, const SharedChunks& chunks, Parse parse) {
  const auto parser = std::make_shared<Parser>();
  return {name, [=] {
            std::vector<float> values;
            return sum_over(*chunks, [&](std::string_view text) {
              auto document = parse(*parser, text);
              values.clear();
              if (std::uint64_t(document["id"]) == UINT64_MAX) throw std::runtime_error("no id");
              for (double value : document["x"].get_array()) values.push_back(static_cast<float>(value));
              return static_cast<double>(values.back());
            });
          }};
}

Way decode_texts(const SharedChunks& chunks) {
  const auto decoder = std::make_shared<Decoder>(decoder_config({"id", "text"}));
  return {"infer", [=] {
            double good = 0;
            for (const auto& chunk : *chunks) {
              const auto decoded = decoder->decode(chunk);
              for (std::size_t i = 0; i < chunk.records.size(); ++i)  // all but the braces
                good += decoded.table.rows[i].carried_size + 2 == chunk.records[i].size ? 1 : 0;
            }
            return good;
          }};
}

template <class Parser, class Parse>
Way raw_texts(const std::string& name, const SharedChunks& chunks, Parse parse) {
  const auto parser = std::make_shared<Parser>();
  return {name, [=] {
            std::uint64_t next = 0;
            return sum_over(*chunks, [&](std::string_view text) {
              auto document = parse(*parser, text);
              const bool good = std::uint64_t(document["id"]) == next++;
              return good && std::string_view(document["text"]).size() < text.size() ? 1.0 : 0.0;
            });
          }};
}

auto on_demand = [](simdjson::ondemand::parser& parser, std::string_view text) {
  return simdjson::ondemand::document(
      parser.iterate(simdjson::padded_string_view(text, text.size() + kTailPadding)));
};

auto dom = [](simdjson::dom::parser& parser, std::string_view text) {
  constexpr bool kCopies = false;
  return simdjson::dom::element(parser.parse(text.data(), text.size(), kCopies));
};

}  // namespace

std::vector<Way> ways_to_read_floats(const std::string& path, std::size_t width) {
  const auto chunks = load_chunks(path);
  return {decode_floats(chunks, width),
          raw_floats<simdjson::ondemand::parser>("simdjson on demand", chunks, on_demand),
          raw_floats<simdjson::dom::parser>("simdjson DOM", chunks, dom)};
}

std::vector<Way> ways_to_read_texts(const std::string& path) {
  const auto chunks = load_chunks(path);
  return {decode_texts(chunks),
          raw_texts<simdjson::ondemand::parser>("simdjson on demand", chunks, on_demand),
          raw_texts<simdjson::dom::parser>("simdjson DOM", chunks, dom)};
}

}  // namespace infer::bench
