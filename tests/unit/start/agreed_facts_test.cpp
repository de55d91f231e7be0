#include "start/agreed_facts.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "flags/flag.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::ScratchFolder;

namespace {

/// Where facts of files come from.
struct Files {
  ScratchFolder folder;
  std::string model = folder.write("a.pt", "one model");
  std::string labels = folder.write("a.txt", "cat\ndog\n");

  RunConfig config() const {
    RunConfig config;
    config.command.version = "1.0";
    config.model.path = model;
    config.input.files = {"data.jsonl"};
    config.results.labels = labels;
    return config;
  }
};

std::string name_of(int rank) { return "rank " + std::to_string(rank) + " (h" + std::to_string(rank) + ")"; }

FactDifferences compare(const std::vector<RunConfig>& ranks) {
  std::vector<std::vector<RankFact>> facts;
  for (const auto& config : ranks) facts.push_back(rank_facts(config, ModelFile(config.model.path)));
  return compare_ranks(facts, name_of);
}

}  // namespace

TEST_CASE("agreed facts: every flag that ranks must have been given alike is compared, and no other") {
  RunConfig config;
  config.model.path = "/proc/self/exe";  // any file: what cannot be read is not compared
  config.input.files = {"a.jsonl"};
  std::set<std::string> compared, wanted;
  for (const auto& fact : rank_facts(config, ModelFile(config.model.path))) {
    if (fact.name.starts_with("--")) compared.insert(fact.name);
  }
  for_each_flag([&](const Flag& flag) {
    if (flag.ranks == OnRanks::alike) wanted.insert("--" + flag.name);
  });
  CHECK(compared == wanted);
}

TEST_CASE("agreed facts: ranks that were given the same are alike") {
  const Files files;
  const auto found = compare({files.config(), files.config(), files.config()});
  CHECK(found.binding.empty());
  CHECK(found.other.empty());
}

TEST_CASE("agreed facts: every option that shapes rows is compared, and rank, flag and values are named") {
  const Files files;
  const std::vector<std::pair<std::string, void (*)(RunConfig&)>> changes{
      {"infer", [](RunConfig& c) { c.command.version = "1.1"; }},
      {"--input", [](RunConfig& c) { c.input.files = {"other.jsonl"}; }},
      {"--input-spec",
       [](RunConfig& c) {
         TensorSpec spec;
         spec.name = "x";
         c.input.spec.push_back(spec);
       }},
      {"--field", [](RunConfig& c) { c.input.field["x"] = "y"; }},
      {"--pad", [](RunConfig& c) { c.input.pad["x"] = 0.5; }},
      {"--preload-lib", [](RunConfig& c) { c.model.preload = {"libops.so"}; }},
      {"--stateful", [](RunConfig& c) { c.model.stateful = true; }},
      {"--seed", [](RunConfig& c) { c.model.seed = 0; }},
      {"--allow-batch-effects", [](RunConfig& c) { c.model.allow_batch_effects = true; }},
      {"--cudnn-attention", [](RunConfig& c) { c.resources.cudnn_attention = true; }},
      {"--id-field", [](RunConfig& c) { c.input.id_field = "key"; }},
      {"--passthrough", [](RunConfig& c) { c.input.passthrough = {"user"}; }},
      {"--truncate", [](RunConfig& c) { c.input.truncate = false; }},
      {"--max-length", [](RunConfig& c) { c.input.max_length = 7; }},
      {"--task", [](RunConfig& c) { c.results.task = Task::embedding; }},
      {"--labels", [](RunConfig& c) { c.results.labels = ""; }},
      {"--top-k", [](RunConfig& c) { c.results.top_k = 3; }},
      {"--scores", [](RunConfig& c) { c.results.all_scores = true; }},
      {"--per-token", [](RunConfig& c) { c.results.per_token = true; }},
      {"--threshold", [](RunConfig& c) { c.results.threshold = 0.25; }},
      {"--non-finite", [](RunConfig& c) { c.output.non_finite = NonFinite::string; }},
      {"--on-error", [](RunConfig& c) { c.output.on_error = OnError::skip; }},
      {"--max-errors",
       [](RunConfig& c) {
         c.output.max_errors = {5, true};
       }},
      {"--output", [](RunConfig& c) { c.output.path = "out1.jsonl"; }},
      {"--errors", [](RunConfig& c) { c.output.errors = "err.jsonl"; }},
      {"--fail-on-error-rate", [](RunConfig& c) { c.output.fail_on_error_rate = 5; }},
      {"--min-rows-per-second", [](RunConfig& c) { c.output.min_rows_per_second = 5; }},
      {"--trace", [](RunConfig& c) { c.output.trace = "t.json"; }},
      {"--report", [](RunConfig& c) { c.output.report = "r.html"; }},
      {"--metrics-file", [](RunConfig& c) { c.output.metrics_file = "m.prom"; }},
      {"--npy-dtype", [](RunConfig& c) { c.output.npy_dtype = DType::float16; }},
      {"--resume", [](RunConfig& c) { c.output.start.resume = true; }},
      {"--overwrite", [](RunConfig& c) { c.output.start.overwrite = true; }},
      {"--retry-errors", [](RunConfig& c) { c.output.start.retry_errors = true; }},
      {"--max-record-bytes", [](RunConfig& c) { c.input.max_record_bytes = 99; }},
      {"--image-root", [](RunConfig& c) { c.input.image_root = "photos"; }},
      {"--images-anywhere", [](RunConfig& c) { c.input.images_anywhere = true; }},
      {"--max-image-pixels", [](RunConfig& c) { c.input.max_image_pixels = 99; }},
      {"--decode", [](RunConfig& c) { c.input.decode = PictureDecoder::gpu; }},
      {"--chunk-bytes", [](RunConfig& c) { c.input.chunk_bytes = 4096; }},
      {"--limit", [](RunConfig& c) { c.input.limit = 10; }},
      {"--sample", [](RunConfig& c) { c.input.sample = 1; }},
      {"--sample-seed", [](RunConfig& c) { c.input.sample_seed = 7; }},
      {"--max-batch-size", [](RunConfig& c) { c.resources.max_batch_size = 7; }},
      {"--max-batch-tokens", [](RunConfig& c) { c.resources.max_batch_tokens = 7; }},
      {"--threads", [](RunConfig& c) { c.resources.threads = 2; }},
      {"--pipeline-ranks", [](RunConfig& c) { c.resources.pipeline_ranks = 2; }},
      {"--schedule", [](RunConfig& c) { c.resources.schedule = Schedule::static_slices; }},
      {"--gather", [](RunConfig& c) { c.resources.gather = GatherKind::mpi; }}};
  for (const auto& [flag, change] : changes) {
    INFO(flag);
    auto other = files.config();
    change(other);
    const auto text = compare({files.config(), files.config(), other}).binding;
    CHECK_THAT(text,
               Contains(flag + " is ") && Contains(" on rank 0 (h0) and ") && Contains(" on rank 2 (h2)"));
    CHECK(text.find(';') == std::string::npos);
    CHECK_FALSE(compare({other, files.config()}).binding.empty());
  }
}

TEST_CASE("agreed facts: where each host may have its own way nothing is compared") {
  const Files files;
  auto other = files.config();
  other.resources.device = "cuda:1";
  other.resources.replicas = 3;
  other.stops.comm_timeout = Seconds(5);
  other.command.progress = ShowProgress::always;
  other.command.log_format = LogFormat::json;
  other.stops.time_limit = Seconds(5);
  CHECK(compare({files.config(), other}).binding.empty());
}

TEST_CASE("agreed facts: of the model and the labels the content counts, not the name") {
  const Files files;
  auto copy = files.config();
  copy.model.path = files.folder.write("b.pt", "one model");
  copy.results.labels = files.folder.write("b.txt", "cat\ndog\n");
  CHECK(compare({files.config(), copy}).binding.empty());
  copy.model.path = files.folder.write("b.pt", "two model");
  copy.results.labels = files.folder.write("b.txt", "dog\ncat\n");
  CHECK_THAT(compare({files.config(), copy}).binding,
             Contains("--model is") && Contains("a.pt, 9 bytes") && Contains("b.pt, 9 bytes") &&
                 Contains("; --labels is") && Contains("b.txt, 2 ("));
}

TEST_CASE("agreed facts: a file that one rank cannot read is left to who needs it") {
  const Files files;
  auto other = files.config();
  other.model.path = "/nowhere.pt";
  other.results.labels = "/nowhere.txt";
  CHECK(compare({files.config(), other}).binding.empty());
}

TEST_CASE("agreed facts: of many inputs and many differences the message stays short") {
  const Files files;
  auto one = files.config();
  auto other = files.config();
  one.input.files = {"a", "b", "c", "d", "e", "f", "g"};
  other.input.files = {"A", "B", "C", "D", "E", "F", "G"};
  other.input.passthrough = {std::string(1000, 'x')};
  const auto text = compare({one, other}).binding;
  CHECK_THAT(text, Contains("--input, file 1 is a on") && Contains("and 4 more"));
  CHECK(text.size() < 600);
}

TEST_CASE("agreed facts: another build of the same version is worth a word") {
  const std::vector<RankFact> root{{"build", "1", "", false}};
  const std::vector<RankFact> other{{"build", "2", "", false}};
  const auto found = compare_ranks({root, other}, name_of);
  CHECK(found.binding.empty());
  CHECK(found.other == "build is 1 on rank 0 (h0) and 2 on rank 1 (h1)");
}
