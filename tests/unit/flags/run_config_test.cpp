#include "flags/run_config.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

class Given {
 public:
  /// A run's least.
  Given() {
    set("model", std::string("m.pt"));
    set("input", std::vector<std::string>{"a.jsonl"});
  }

  Given& set(const std::string& name, GivenValue value, bool typed = true) {
    for_each_flag([&](const Flag& flag) {
      if (flag.name == name) flags_.values.emplace_back(&flag, std::move(value));
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
    if (flag.name == "model") model_alone.values.emplace_back(&flag, std::string("m.pt"));
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
