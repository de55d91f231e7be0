#include "trial/checks/rewrite_check.hpp"

#include <catch2/catch.hpp>

#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::detail;
using namespace infer::test;
using Catch::Matchers::Contains;

namespace {

/// Gives 1 by the graph as it is saved, and else what it is to give with the rewrites in force.
class Rewritten final : public Model {
 public:
  Rewritten(float all, float exact) : all_(all), exact_(exact) {}

  const ModelInfo& info() const override { return info_; }
  void use_this_thread() override {}
  void treat(const ModelTreatment& treatment) override { treatments.push_back(treatment); }
  std::vector<NamedTensor> run(const ModelBatch& batch) override {
    if (batch.rows > most_rows && !batch.as_saved) throw ModelError("too many for the rewritten graph");
    const auto rewrites = treatments.back().rewrites;
    const bool as_saved = batch.as_saved || rewrites == Rewrites::none;
    const float value = as_saved ? 1 : rewrites == Rewrites::all ? all_ : exact_;
    return {{"y", tensor_of<float>(DType::float32, {static_cast<std::int64_t>(batch.rows)},
                                   std::vector<float>(batch.rows, value))}};
  }

  std::vector<ModelTreatment> treatments;
  std::size_t most_rows = 100;

 private:
  ModelInfo info_;
  float all_;
  float exact_;
};

struct Settled {
  ModelTreatment treatment{Rewrites::all, true};
  std::vector<std::string> warnings;
};

Settled settle(Rewritten& model, const std::vector<Rows>& batches = {{0}, {0, 1}}) {
  const auto signature = field_signature({{"x", DType::float32, {}, {}, {}}});
  const std::vector<std::string_view> lines{R"({"x":1.5})", R"({"x":2.5})"};
  TrialExamples examples(signature, {}, raw_chunk(lines), nullptr, false);
  TrialRuns runs(model, signature, examples);
  RewriteCheck check(model, runs, kFullPrecision);
  Settled settled;
  check.settle(settled.treatment, batches);
  settled.warnings = check.warnings();
  CHECK(settled.treatment.one_at_a_time);
  CHECK(model.treatments.back().rewrites == settled.treatment.rewrites);
  CHECK(model.treatments.back().one_at_a_time);
  return settled;
}

}  // namespace

TEST_CASE("rewrite check: what changes nothing, or rounding alone, stays") {
  for (const float all : {1.0F, 1.00001F}) {
    Rewritten model(all, 5);
    const auto settled = settle(model);
    CHECK(settled.treatment.rewrites == Rewrites::all);
    CHECK(settled.warnings.empty());
    CHECK(model.treatments.size() == 1);
  }
}

TEST_CASE("rewrite check: what changes a value is left out, and said") {
  Rewritten model(1.5, 1);
  const auto settled = settle(model);
  CHECK(settled.treatment.rewrites == Rewrites::exact);
  REQUIRE(settled.warnings.size() == 1);
  CHECK_THAT(settled.warnings[0],
             Contains("folding the model's constants for speed changed \"y\" (1 and 1.5)"));
}

TEST_CASE("rewrite check: where constants alone change a value, the graph is left as it is") {
  Rewritten model(1.5, 1.5);
  const auto settled = settle(model);
  CHECK(settled.treatment.rewrites == Rewrites::none);
  CHECK(settled.warnings.size() == 2);
}

TEST_CASE(
    "rewrite check: a batch that only one of the graphs takes is a change, and only where it is tried") {
  Rewritten model(1, 1);
  model.most_rows = 1;
  CHECK(settle(model, {{0}}).treatment.rewrites == Rewrites::all);
  const auto settled = settle(model);
  CHECK(settled.treatment.rewrites == Rewrites::none);
  CHECK_THAT(settled.warnings.at(0), Contains("whether a batch is taken"));
}
