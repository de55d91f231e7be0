#include "start/earlier/run_record.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "config/input_spec.hpp"
#include "flags/flag.hpp"
#include "reader/chunk_plan.hpp"
#include "start/earlier/run_changes.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/record/field_signature.hpp"

using namespace infer;
using infer::test::ScratchFolder;

namespace {

/// Everything that describe_output() takes.
struct Run {
  RunConfig config;
  ChunkPlan chunks{{}, 1};
  ScoringConfig scoring;
  Runners runners{{"cpu"}, 3, 2};

  RunRecord record() const {
    return describe_output(config, ModelFile(config.model.path), chunks, scoring, runners);
  }
};

using Change = std::function<void(Run&)>;

struct Changed {
  std::set<std::string> binding;
  std::set<std::string> other;
};

class Base {
 public:
  Base() {
    run_.config.model.path = folder_.write("model.pt", "weights");
    run_.chunks = ChunkPlan({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 2}}, 40);
    run_.scoring.signature = test::field_signature({parse_input_spec("ids:int64:[*]")});
    run_.scoring.signature.text = TextSpec{{{"text"}}, 128, true, false};
  }

  Changed after(const Change& change) const {
    auto changed = run_;
    change(changed);
    return names(compare_facts(run_.record(), changed.record()));
  }
  const ScratchFolder& folder() const { return folder_; }
  const Run& run() const { return run_; }

 private:
  static std::set<std::string> names_of(const std::vector<std::string>& lines) {
    std::set<std::string> all;
    for (const auto& line : lines) all.insert(line.substr(0, line.find(": ")));
    return all;
  }
  static Changed names(const Differences& differences) {
    return {names_of(differences.binding), names_of(differences.other)};
  }

  ScratchFolder folder_;
  Run run_;
};

ChunkPlan plan_of(std::vector<InputFile> files, std::uint64_t chunk_bytes = 40) {
  return ChunkPlan(std::move(files), chunk_bytes);
}

}  // namespace

TEST_CASE("run record: it has a fact for every flag that shapes rows or digits, and no other") {
  std::set<std::string> wanted{"LibTorch"}, digits{"LibTorch"};
  for_each_flag([&](const Flag& flag) {
    if (flag.effect != FlagEffect::none) wanted.insert(flag.fact_name());
    if (flag.effect == FlagEffect::digits) digits.insert(flag.fact_name());
  });
  const Base base;
  auto on_cpu = base.run();
  auto on_gpu = on_cpu;
  on_gpu.runners.devices = {"cuda:0"};
  std::set<std::string> found, loose;
  auto in_parts = on_cpu;
  in_parts.config.output.dir = "out";
  for (const auto& run : {on_cpu, on_gpu, in_parts}) {
    for (const auto& fact : run.record().facts) {
      const auto name = fact.name.substr(0, fact.name.find(','));  // "--input, file 2, bytes"
      found.insert(name);
      if (!fact.binding) loose.insert(name);
    }
  }
  CHECK(found == wanted);
  CHECK(loose == digits);
}

TEST_CASE("run record: the same run is described by the same facts, and has its chunk size apart") {
  const Base base;
  CHECK(base.run().record().facts == base.run().record().facts);
  CHECK(base.run().record().chunk_bytes == 40);
  CHECK_FALSE(base.run().record().retry);
  const auto nothing = base.after([](Run&) {});
  CHECK(nothing.binding.empty());
  CHECK(nothing.other.empty());
}

TEST_CASE("run record: of an input that is no file its name is all that is known") {
  const Base base;
  auto run = base.run();
  run.chunks = plan_of({});
  run.config.input.files = {"a name"};
  const auto facts = run.record().facts;
  CHECK(std::ranges::count_if(facts, [](const Fact& fact) { return fact.name.starts_with("--input,"); }) ==
        0);
  const auto name = std::ranges::find(facts, "--input", &Fact::name);
  REQUIRE(name != facts.end());
  CHECK(name->value == "a name");
}

TEST_CASE("run record: what decides on the rows changes its own fact and no other") {
  const Base base;
  const std::vector<std::pair<std::string, Change>> changes{
      {"--input, file 1",
       [](Run& r) {
         r.chunks = plan_of({{"c.jsonl", 100, 1}, {"b.jsonl", 100, 2}});
       }},
      {"--input, file 1, bytes",
       [](Run& r) {
         r.chunks = plan_of({{"a.jsonl", 101, 1}, {"b.jsonl", 100, 2}});
       }},
      {"--input, file 2, last written",
       [](Run& r) {
         r.chunks = plan_of({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 3}});
       }},
      {"--chunk-bytes",
       [](Run& r) {
         r.chunks = plan_of({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 2}}, 41);
       }},
      {"--max-record-bytes", [](Run& r) { --r.config.input.max_record_bytes; }},
      {"--image-root", [](Run& r) { r.config.input.image_root = "photos"; }},
      {"--images-anywhere", [](Run& r) { r.config.input.images_anywhere = true; }},
      {"--max-image-pixels", [](Run& r) { --r.config.input.max_image_pixels; }},
      {"--decode", [](Run& r) { r.config.input.decode = PictureDecoder::gpu; }},
      {"--limit", [](Run& r) { r.config.input.limit = 10; }},
      {"--sample", [](Run& r) { r.config.input.sample = 0.5; }},
      {"--sample-seed", [](Run& r) { r.config.input.sample_seed = 3; }},
      {"--model", [&](Run& r) { r.config.model.path = base.folder().write("other.pt", "weighty"); }},
      {"--model", [&](Run& r) { r.config.model.path = base.folder().write("longer.pt", "xweights"); }},
      {"the model's inputs", [](Run& r) { r.scoring.signature.inputs[0].dtype = DType::int32; }},
      {"the model's inputs", [](Run& r) { r.scoring.signature.inputs[0].pad = 0; }},
      {"the model's inputs", [](Run& r) { r.scoring.signature.sources[0].path = {"other"}; }},
      {"the model's inputs", [](Run& r) { r.scoring.signature.text->fields = {{"body"}}; }},
      {"the model's inputs", [](Run& r) { r.scoring.signature.result.activation = Activation::none; }},
      {"--max-length", [](Run& r) { r.scoring.signature.text->max_length = 64; }},
      {"--truncate", [](Run& r) { r.scoring.signature.text->truncate = false; }},
      {"--task", [](Run& r) { r.scoring.signature.result.task = Task::classification; }},
      {"--labels", [](Run& r) { r.scoring.signature.result.labels = {"a"}; }},
      {"--threshold", [](Run& r) { r.scoring.signature.result.threshold = 0.5000000001; }},
      {"--top-k", [](Run& r) { r.config.results.top_k = 2; }},
      {"--scores", [](Run& r) { r.config.results.all_scores = true; }},
      {"--per-token", [](Run& r) { r.config.results.per_token = true; }},
      {"--id-field", [](Run& r) { r.config.input.id_field = "key"; }},
      {"--preload-lib", [](Run& r) { r.runners.libraries = {"libops.so"}; }},
      {"--passthrough",
       [](Run& r) {
         r.config.input.passthrough = {"x", "y"};
       }},
      {"--non-finite", [](Run& r) { r.config.output.non_finite = NonFinite::string; }},
      {"--on-error", [](Run& r) { r.config.output.on_error = OnError::skip; }},
      {"--on-error", [](Run& r) { r.config.output.on_error = OnError::fail; }},
      {"--errors", [](Run& r) { r.config.output.errors = "err.jsonl"; }},
      {"--npy-dtype",
       [](Run& r) {
         r.config.output.path = "out.npy";
         r.config.output.npy_dtype = DType::float16;
       }},
  };
  for (const auto& [name, change] : changes) {
    const auto changed = base.after(change);
    INFO(name);
    CHECK(changed.binding == std::set{name});
    CHECK(changed.other.empty());
  }
}

TEST_CASE("run record: what changes last digits at most binds nobody") {
  const Base base;
  const std::vector<std::pair<std::string, Change>> changes{
      {"--threads", [](Run& r) { r.runners.threads = 3; }},
      {"--max-batch-size", [](Run& r) { --r.scoring.batch.max_rows; }},
      {"--max-batch-tokens", [](Run& r) { --r.scoring.batch.max_elements; }},
  };
  for (const auto& [name, change] : changes) {
    const auto changed = base.after(change);
    INFO(name);
    CHECK(changed.binding.empty());
    CHECK(changed.other == std::set{name});
  }
  const auto on_gpu = base.after([](Run& r) { r.runners.devices = {"cuda:1"}; });
  CHECK(on_gpu.binding.empty());
  CHECK(on_gpu.other == std::set<std::string>{"the device", "--threads", "--cudnn-attention"});
}

TEST_CASE("run record: how the work is done and where it goes is no fact") {
  const Base base;
  const std::vector<Change> changes{
      [](Run& r) { r.config.output.path = "elsewhere"; },
      [](Run& r) { r.config.resources.schedule = Schedule::static_slices; },
      [](Run& r) { r.config.resources.gather = GatherKind::nccl; },
      [](Run& r) {
        r.config.output.start = {true, false, true};
      },
      [](Run& r) { r.config.stops.journal_interval = Seconds(7); },
      [](Run& r) { r.config.stops.time_limit = Seconds(7); },
      [](Run& r) {
        r.config.output.max_errors = {100, true};
      },
      [](Run& r) { r.config.output.fail_on_error_rate = 1; },
      [](Run& r) { r.config.output.min_rows_per_second = 1; },
      [](Run& r) { r.config.output.report = "r.html"; },
      [](Run& r) { r.config.output.metrics_file = "m.prom"; },
      [](Run& r) {
        r.config.stops.comm_timeout = r.config.stops.stall_timeout = r.config.stops.drain_timeout =
            Seconds(1);
      },
      [](Run& r) { r.runners.replicas = 9; },
      [](Run& r) {
        r.config.resources.pipeline_ranks = 2;
        r.runners.group = {2, 0};
      },
      [&](Run& r) { r.config.model.path = base.folder().write("copy.pt", "weights"); },
  };
  for (const auto& change : changes) {
    const auto changed = base.after(change);
    CHECK(changed.binding.empty());
    CHECK(changed.other.empty());
  }
}

TEST_CASE("run record: one input is told without a number, labels by count and digest") {
  Base base;
  auto run = base.run();
  run.chunks = plan_of({{"a.jsonl", 100, 1'000'000'001}});
  const auto facts = run.record().facts;
  CHECK(facts.at(0).name == "--input");
  CHECK(facts.at(0).value == (std::filesystem::current_path() / "a.jsonl").string());
  CHECK(facts.at(1) == Fact{"--input, bytes", "100", true});
  CHECK(facts.at(2) == Fact{"--input, last written", "1970-01-01T00:00:01.000000001Z", true});
  const auto joined = base.after([](Run& r) { r.scoring.signature.result.labels = {"ab"}; });
  CHECK(joined.binding == std::set<std::string>{"--labels"});
}

TEST_CASE("run record: another file more or less is another input") {
  const auto changed = Base().after([](Run& r) {
    r.chunks = plan_of({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 2}, {"c", 1, 0}});
  });
  CHECK(changed.binding ==
        std::set<std::string>{"--input, file 3", "--input, file 3, bytes", "--input, file 3, last written"});
}

TEST_CASE("run record: an input in another format is another input, whoever says so") {
  const auto changed = Base().after([](Run& r) {
    r.chunks = plan_of({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 2, InputKind::plain, {}, InputFormat::csv}});
  });
  CHECK(changed.binding == std::set<std::string>{"--input-format"});
  CHECK(Base().after([](Run& r) { r.config.input.input_format = InputFormat::jsonl; }).binding.empty());
}

TEST_CASE("run record: the same input goes by any name, and is told by size and time") {
  const auto record = Base().run().record();
  CHECK(has_input(record,
                  {{"./a.jsonl", 100, 1}, {(std::filesystem::current_path() / "b.jsonl").string(), 100, 2}}));
  CHECK_FALSE(has_input(record, {{"a.jsonl", 100, 1}, {"b.jsonl", 100, 3}}));
  CHECK_FALSE(has_input(record, {{"a.jsonl", 101, 1}, {"b.jsonl", 100, 2}}));
  CHECK_FALSE(has_input(record, {{"a.jsonl", 100, 1}}));
  CHECK(without_names_and_times(record).facts.size() == record.facts.size() - 4);
}

TEST_CASE("time text: of a file's time, with all its digits") {
  CHECK(time_text(0) == "1970-01-01T00:00:00.000000000Z");
  CHECK(time_text(1'795'252'520'123'456'789) == "2026-11-21T09:15:20.123456789Z");
}

TEST_CASE("run record: a retry may change what can but turn a failed record into a row") {
  const Base base;
  const auto forbidden = [&](const Change& before, const Change& after) {
    auto then = base.run();
    auto now = base.run();
    before(then);
    after(now);
    return differences_for_retry(then.record(), now.record());
  };
  const Change same = [](Run&) {};
  const Change cut = [](Run& r) { r.scoring.signature.text->truncate = true; };
  const Change uncut = [](Run& r) { r.scoring.signature.text->truncate = false; };
  const Change longer = [](Run& r) { r.scoring.signature.text->max_length = 256; };
  const Change longer_uncut = [](Run& r) {
    r.scoring.signature.text = TextSpec{{{"text"}}, 256, false, false};
  };
  const Change as_text = [](Run& r) { r.config.output.non_finite = NonFinite::string; };
  CHECK(forbidden(same, same).empty());
  CHECK(forbidden(same, [](Run& r) { r.config.input.max_record_bytes *= 2; }).empty());
  CHECK(forbidden(same, [](Run& r) { r.config.output.errors = "moved.jsonl"; }).empty());
  CHECK(forbidden(same, [](Run& r) {
          r.chunks = plan_of({{"a.jsonl", 101, 9}, {"b.jsonl", 100, 2}});
        }).empty());
  CHECK(forbidden(same, [](Run& r) { r.scoring.batch.max_rows = 3; }).empty());
  CHECK(forbidden(uncut, cut).empty());
  CHECK(forbidden(uncut, longer_uncut).empty());
  CHECK(forbidden(same, as_text).empty());
  for (const auto& [before, after] :
       {std::pair{cut, uncut}, std::pair{cut, longer}, std::pair{as_text, same}})
    CHECK(forbidden(before, after).size() == 1);
  const std::vector<Change> of_rows{
      [&](Run& r) { r.config.model.path = base.folder().write("new.pt", "other weights"); },
      [](Run& r) { r.scoring.signature.result.task = Task::classification; },
      [](Run& r) { r.scoring.signature.result.labels = {"a"}; },
      [](Run& r) { r.config.results.top_k = 2; },
      [](Run& r) { r.config.input.id_field = "key"; },
      [](Run& r) { r.config.output.on_error = OnError::skip; },
      [](Run& r) { r.config.output.path = "out.npy"; },
      [](Run& r) { r.scoring.signature.inputs[0].dtype = DType::int32; },
  };
  for (const auto& change : of_rows) CHECK(forbidden(same, change).size() == 1);
}

TEST_CASE("run record: a retry may cut other chunks only where no byte of the output depends on them") {
  const Base base;
  auto now = base.run();
  now.chunks = ChunkPlan({{"a.jsonl", 100, 1}, {"b.jsonl", 100, 2}}, 50);
  CHECK(differences_for_retry(base.run().record(), now.record()).empty());
  CHECK(differences_for_retry(base.run().record(), now.record(), true) ==
        std::vector<std::string>{"--chunk-bytes: 40 then, 50 now"});
}
