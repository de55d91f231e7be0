#include "trial/checks/repeat_check.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::detail;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// Gives each number and what `extra` makes of the batch.
class Behaving final : public Model {
 public:
  using Extra = std::function<float(const ModelBatch&)>;

  explicit Behaving(Extra extra) : extra_(std::move(extra)) { info_.device = "cpu"; }

  const ModelInfo& info() const override { return info_; }
  void use_this_thread() override {}
  std::uint64_t state_digest() override { return writes ? forwards_ : 0; }
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    ++forwards_;
    std::vector<float> values(batch.rows);
    std::memcpy(values.data(), batch.inputs[0].bytes.data(), batch.inputs[0].bytes.size());
    const auto more = extra_(batch);
    for (auto& value : values) value += more;
    return {{"y", tensor_of<float>(DType::float32, {static_cast<std::int64_t>(batch.rows)}, values)}};
  }

  ModelBehaviour& behaviour() { return info_.behaviour; }
  void set_format(ModelFormat format) { info_.format = format; }

  bool writes = false;  ///< something that shows in no result

 private:
  ModelInfo info_;
  Extra extra_;
  std::uint64_t forwards_ = 0;
};

Behaving::Extra nothing() {
  return [](const ModelBatch&) { return 0.0F; };
}

/// Another number in each forward.
Behaving::Extra counting() {
  return [count = 0.0F](const ModelBatch&) mutable { return ++count; };
}

/// Likewise, but the same for the same seed.
Behaving::Extra drawing() {
  return [count = 0.0F](const ModelBatch& batch) mutable {
    return batch.seed ? static_cast<float>(*batch.seed % 1000) : ++count;
  };
}

struct Looked {
  bool writes = false;
  bool draws = false;
  std::vector<std::string> warnings;
};

Looked look(Behaving& model, std::optional<std::uint64_t> seed = {}, bool thorough = false) {
  const auto signature = field_signature({{"x", DType::float32, {}, {}, {}}});
  const std::vector<std::string_view> lines{R"({"x":1.5})", R"({"x":2.5})"};
  TrialExamples examples(signature, {}, raw_chunk(lines), nullptr, false);
  TrialRuns runs(model, signature, examples);
  ModelOptions options;
  options.seed = seed;
  RepeatCheck check(model, runs, examples, options, false);
  check.look_at(0, {1, 0, 0}, model.state_digest(), thorough);
  return {check.writes(), runs.draws(), check.warnings()};
}

std::string refusal(Behaving& model, std::optional<std::uint64_t> seed = {}) {
  return message_of<UsageError>([&] { look(model, seed); });
}

constexpr std::uint64_t kSeed = 7;

}  // namespace

TEST_CASE("repeat check: of a model that gives the same each time nothing is said") {
  for (const bool thorough : {false, true}) {
    Behaving model(nothing());
    const auto looked = look(model, {}, thorough);
    CHECK_FALSE(looked.writes);
    CHECK_FALSE(looked.draws);
    CHECK(looked.warnings.empty());
  }
}

TEST_CASE(
    "repeat check: what a record gives anew is state, where the graph has no chance, whatever the seed") {
  for (const auto seed : {std::optional<std::uint64_t>(), std::optional(kSeed)}) {
    Behaving model(counting());
    model.behaviour().state = {"self.count"};
    CHECK_THAT(
        refusal(model, seed),
        Contains("keeps something from one forward to the next, in self.count") && Contains("--stateful"));
  }
}

TEST_CASE("repeat check: chance needs a seed, and with it all further runs draw from that") {
  Behaving model(drawing());
  model.behaviour().chance = {"aten::rand_like"};
  CHECK_THAT(refusal(model), Contains("draws random numbers (aten::rand_like): the same record gave") &&
                                 Contains("give --seed N"));
  const auto looked = look(model, kSeed);
  CHECK(looked.draws);
  CHECK(looked.warnings.empty());
}

TEST_CASE("repeat check: state beside chance is refused as that, for no seed would help") {
  for (const auto seed : {std::optional<std::uint64_t>(), std::optional(kSeed)}) {
    Behaving model(counting());
    model.behaviour().chance = {"aten::rand_like"};
    CHECK_THAT(refusal(model, seed), Contains("keeps something from one forward to the next"));
  }
}

TEST_CASE("repeat check: a compiled model does not say that it draws, so the seed tells") {
  Behaving model(drawing());
  model.set_format(ModelFormat::aotinductor);
  CHECK(look(model, kSeed).draws);
  CHECK_THAT(refusal(model), Contains("draws random numbers: the same record gave"));
}

TEST_CASE("repeat check: what is written and shows in no result is said, and where") {
  Behaving model(nothing());
  model.writes = true;
  auto looked = look(model);
  CHECK(looked.writes);
  REQUIRE(looked.warnings.size() == 1);
  CHECK_THAT(looked.warnings[0], Contains("writes into its own constants"));
  model.behaviour().state = {"self.cache"};
  looked = look(model);
  REQUIRE(looked.warnings.size() == 1);
  CHECK_THAT(looked.warnings[0], Contains("writes into self.cache"));
}

TEST_CASE("repeat check: chance that did not show is promised nothing without a seed") {
  Behaving model(nothing());
  model.behaviour().chance = {"aten::dropout"};
  const auto looked = look(model);
  CHECK_FALSE(looked.draws);
  REQUIRE(looked.warnings.size() == 1);
  CHECK_THAT(looked.warnings[0],
             Contains("aten::dropout") && Contains("cannot be promised without --seed N"));
  const auto seeded = look(model, kSeed);
  CHECK(seeded.draws);
  CHECK(seeded.warnings.empty());
}
