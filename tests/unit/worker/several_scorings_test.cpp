#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "reader/chunk_reader.hpp"
#include "unit/model/fake_model.hpp"
#include "unit/worker/pipeline_of_file.hpp"
#include "worker/chunk_decoders.hpp"
#include "worker/column_choices.hpp"

using namespace infer;
using namespace infer::test;

namespace {

std::shared_ptr<FakeModel> model_of_ones() {
  return std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}},
                                     [](auto inputs, auto) { return ones(inputs); });
}

/// Two outputs of the same records, the second one's model in the threads of the first.
PipelineConfig two_scorings(const ScratchFolder& folder) {
  auto config = one_chunk(folder);
  config.scorings.push_back(config.scorings.front());
  return config;
}

GrantedChunk lines_as_chunk(std::uint64_t id, const std::string& text) {
  const auto bytes = as_byte_view(text);
  return {{id, 0, 0, bytes.size()}, {}, RawBytes(bytes.begin(), bytes.end())};
}

RawChunk raw_chunk(const PipelineConfig& config, std::uint64_t id, const std::string& text) {
  return ChunkReader({}, config.max_record_bytes, {}).read(lines_as_chunk(id, text));
}

/// What the scorings get, by position.
std::vector<const DecodedChunk*> by_scoring(const std::vector<ChunkToScore>& chunks, std::size_t scorings) {
  std::vector<const DecodedChunk*> all(scorings, nullptr);
  for (const auto& each : chunks) all.at(each.scoring) = &each.chunk;
  return all;
}

}  // namespace

TEST_CASE("several scorings: a chunk comes out once, with what each model made of its records") {
  const ScratchFolder folder;
  auto config = two_scorings(folder);
  config.scorings[1].runs_beside = GENERATE(0U, 1U);
  config.scorings[1].decoded_as = GENERATE(0U, 1U);
  config.serialize = GENERATE(false, true);
  const std::vector models{model_of_ones(), model_of_ones()};
  RankPipeline pipeline(config, {{models[0], models[0]}, {models[1], models[1]}}, [] {});
  pipeline.grant(whole_file(config));
  auto finished = wait_for_finished(pipeline);
  REQUIRE(finished.size() == 1);
  CHECK(pipeline.predicted() == 1);
  if (config.serialize) {
    CHECK(finished[0].bytes == finished[0].message.size());
    for (ByteReader message(finished[0].message); !message.at_end();)
      finished[0].outputs.push_back(deserialize_chunk(message));
  }
  auto& outputs = finished[0].outputs;
  REQUIRE(outputs.size() == 2);
  std::ranges::sort(outputs, {}, &EncodedChunk::output_of_run);
  for (std::uint32_t i = 0; i < 2; ++i) {
    CHECK(outputs[i].output_of_run == i);
    CHECK(outputs[i].rows == kRows);
    CHECK(outputs[i].failed == 0);
    CHECK(models[i]->runs == kRows);
  }
  CHECK(outputs[0].output.text == outputs[1].output.text);
}

TEST_CASE("several scorings: a batch that fits into the memory alone is not lost beside another model's") {
  const ScratchFolder folder;
  auto config = two_scorings(folder);
  config.scorings[1].runs_beside = GENERATE(0U, 1U);
  std::atomic<int> running{0};
  const auto forward = [&](std::span<const HostTensor> inputs, auto) {
    const bool has_memory = running.fetch_add(1) == 0;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    --running;
    if (!has_memory) throw OutOfMemory("the device is full");
    return ones(inputs);
  };
  const auto greedy = [&] {
    return std::make_shared<FakeModel>(std::vector<ModelArgument>{{"x", false}}, forward);
  };
  const std::vector models{greedy(), greedy()};
  RankPipeline pipeline(config, {{models[0], models[0]}, {models[1], models[1]}}, [] {});
  pipeline.grant(whole_file(config));
  const auto finished = wait_for_finished(pipeline);
  REQUIRE(finished.size() == 1);
  REQUIRE(finished[0].outputs.size() == 2);
  for (const auto& output : finished[0].outputs) CHECK(output.failed == 0);
  CHECK(models[0]->runs_alone + models[1]->runs_alone > 0);
}

TEST_CASE("several scorings: chunks that an output has already are not scored for it") {
  const ScratchFolder folder;
  auto config = two_scorings(folder);
  config.scorings[GENERATE(0U, 1U)].first_chunk = 2;
  const std::vector models{model_of_ones(), model_of_ones()};
  RankPipeline pipeline(config, {{models[0]}, {models[1]}}, [] {});
  std::vector<std::size_t> outputs;
  for (std::uint64_t id = 1; id < 3; ++id) {
    pipeline.grant(lines_as_chunk(id, "{\"x\":1}\n"));
    const auto finished = wait_for_finished(pipeline);
    REQUIRE(finished.size() == 1);
    CHECK(finished[0].id == id);
    outputs.push_back(finished[0].outputs.size());
  }
  CHECK(outputs == std::vector<std::size_t>{1, 2});
  CHECK(pipeline.predicted() == 2);
  CHECK(models[0]->runs + models[1]->runs == 3);
}

TEST_CASE("several scorings: records are decoded once for all that get the same of them") {
  const ScratchFolder folder;
  const auto config = two_scorings(folder);
  ChunkDecoders decoders(config.scorings);
  const auto chunks = decoders.decode({raw_chunk(config, 0, "{\"x\":1}\n{\"x\":\"no\"}\n{\"x\":3}\n")});
  REQUIRE(chunks.size() == 2);
  const auto of = by_scoring(chunks, 2);
  CHECK(of[0]->work.decode_ns > 0);
  CHECK(of[1]->work.decode_ns == 0);
  CHECK(of[1]->work.read_ns == 0);
  CHECK(of[0]->examples == 2);
  CHECK(of[1]->examples == 2);
  CHECK(of[0]->inputs[0].values == of[1]->inputs[0].values);
  CHECK(of[1]->table.rows[1].error.has_value());
}

TEST_CASE("several scorings: each decoder gets what was read for its choice of columns") {
  const ScratchFolder folder;
  auto config = two_scorings(folder);
  config.scorings.push_back(config.scorings.front());
  for (std::size_t i = 0; i < 3; ++i) config.scorings[i].decoded_as = i;
  config.scorings[0].columns = config.scorings[2].columns = ChosenColumns{{"x"}, {}, {}, {}};
  config.scorings[1].columns = ChosenColumns{{"x", "id"}, {}, {}, {}};
  CHECK(column_choices(config.scorings) ==
        std::vector<Columns>{config.scorings[0].columns, config.scorings[1].columns});
  std::vector<RawChunk> raw{raw_chunk(config, 0, "{\"x\":1}\n"), raw_chunk(config, 0, "{\"x\":2}\n")};
  raw[0].read_ns = 10;
  raw[1].read_ns = 20;
  const auto chunks = ChunkDecoders(config.scorings).decode(raw);
  const auto of = by_scoring(chunks, 3);
  const std::vector<std::uint64_t> read_ns{10, 20, 0};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(of[i]->table.digest == raw[i % 2].digest);
    CHECK(of[i]->work.read_ns == read_ns[i]);
  }
  CHECK(of[0]->inputs[0].values == of[2]->inputs[0].values);
  CHECK(of[0]->inputs[0].values != of[1]->inputs[0].values);
}

TEST_CASE("several scorings: rows have the keys that they would have alone") {
  const ScratchFolder folder;
  const std::string text = "{\"x\":1}\n{\"x\":\"no\"}\n{\"x\":1}\n{\"x\":3}\n";
  auto config = two_scorings(folder);
  const std::vector<std::string> contexts{"one", "other"};
  std::vector<std::vector<RowKey>> alone;
  for (const auto& context : contexts) {
    auto decoder = config.scorings[0].decoder;
    decoder.reuse.repeats = true;
    decoder.reuse.key_context = context;
    auto& keys = alone.emplace_back();
    for (const auto& row : Decoder(decoder).decode(raw_chunk(config, 0, text)).table.rows)
      keys.push_back(row.key);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    config.scorings[i].decoder.reuse.repeats = true;
    config.scorings[i].decoder.reuse.key_context = contexts[i];
  }
  config.scorings[0].decoder.reuse.other_contexts = {contexts[1]};
  const auto chunks = ChunkDecoders(config.scorings).decode({raw_chunk(config, 0, text)});
  const auto of = by_scoring(chunks, 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(of[i]->examples == 2);
    for (std::size_t row = 0; row < 4; ++row) CHECK(of[i]->table.rows[row].key == alone[i][row]);
  }
  CHECK(alone[0][0] != alone[1][0]);
}
