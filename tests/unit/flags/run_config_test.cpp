#include "flags/run_config.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

/// One text for one output.
GivenValue as_given(const Flag& flag, GivenValue value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || flag.value.form != ValueForm::outputs) return value;
  return std::vector<std::string>{*text};
}

class Given {
 public:
  /// A run's least.
  Given() {
    set("model", std::string("m.pt"));
    set("input", std::vector<std::string>{"a.jsonl"});
  }

  Given& set(const std::string& name, GivenValue value, bool typed = true) {
    std::erase_if(flags_.values, [&](const auto& given) { return given.first->name == name; });
    for_each_flag([&](const Flag& flag) {
      if (flag.name == name) flags_.values.emplace_back(&flag, as_given(flag, std::move(value)));
    });
    if (typed) flags_.typed.insert(name);
    return *this;
  }

  RunConfig config() const { return make_run_config(flags_); }

 private:
  GivenFlags flags_;
};

const std::string kNpy = "o.npy", kFloat16 = "float16";

}  // namespace

TEST_CASE("run config: a model and an input are enough, and asked for") {
  CHECK(Given().config().model.path == "m.pt");
  CHECK_THROWS_WITH(make_run_config({}), Contains("--model is missing"));
  GivenFlags model_alone;
  for_each_flag([&](const Flag& flag) {
    if (flag.name == "model") model_alone.values.emplace_back(&flag, as_given(flag, std::string("m.pt")));
  });
  CHECK_THROWS_WITH(make_run_config(model_alone), Contains("--input is missing"));
}

TEST_CASE("run config: the names in a list of inputs come after those given one by one") {
  const test::ScratchFolder folder;
  const auto list = folder.write("list", "b.jsonl\n\nc.jsonl\n");
  const auto config = Given().set("input-list", list).config();
  CHECK(config.input.files == std::vector<std::string>{"a.jsonl", "b.jsonl", "c.jsonl"});
}

TEST_CASE("run config: an array has its errors beside it, and no place for what is no number") {
  CHECK(Given().set("output", kNpy).config().output.errors == "o.npy.errors.jsonl");
  CHECK_THROWS_WITH(Given().set("output", kNpy).set("on-error", std::string("skip")).config(),
                    Contains("row k of the array is record k"));
  CHECK_THROWS_WITH(Given().set("output", kNpy).set("non-finite", std::string("string")).config(),
                    Contains("a .npy file has no strings"));
}

TEST_CASE("run config: a dtype of no use is refused where it was typed, and else dropped with a word") {
  CHECK(Given().set("output", kNpy).set("npy-dtype", kFloat16).config().output.npy_dtype == DType::float16);
  CHECK_THROWS_WITH(Given().set("npy-dtype", kFloat16).config(), Contains("--npy-dtype has no effect"));
  const auto config = Given().set("npy-dtype", kFloat16, false).config();
  CHECK(config.output.npy_dtype == DType::float32);
  CHECK_THAT(config.command.notices.at(0), Contains("--npy-dtype has no effect"));
}

TEST_CASE("run config: several models have what is given once, or what is given for each") {
  using Texts = std::vector<std::string>;
  Given several;
  several.set("model", Texts{"a.pt", "b.pt", "c.pt"}).set("output", Texts{"a.jsonl", "b.npy", "c.csv"});
  several.set("task", Texts{"embedding"}).set("labels", Texts{"a.txt", "b.txt", "c.txt"});
  several.set("device", Texts{"cpu"}).set("passthrough", Texts{"note"}).set("trace", std::string("t.json"));
  const auto outputs = outputs_of(several.config());
  REQUIRE(outputs.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    CHECK(outputs[i].model.path == name + ".pt");
    CHECK(outputs[i].results.labels == name + ".txt");
    CHECK(outputs[i].results.task == Task::embedding);
    CHECK(outputs[i].input.files == Texts{"a.jsonl"});
    CHECK(outputs[i].others.empty());
  }
  CHECK(outputs[1].output.errors == "b.npy.errors.jsonl");
  CHECK_FALSE(outputs[0].output.errors.has_value());
  CHECK(outputs[0].output.trace == "t.json");
  CHECK_FALSE(outputs[1].output.trace.has_value());
}
