#include <algorithm>

#include "base/error.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

using Catch::Contains;
using test::floats;
using test::message_of;
using test::model_file;
using test::open_model;
using test::run;
using test::values;

std::vector<std::string> argument_names(const ModelInfo& info) {
  std::vector<std::string> names;
  for (const auto& argument : info.arguments) names.push_back(argument.name);
  return names;
}

}  // namespace

TEST_CASE("torchscript: the file tells arguments, precision and size") {
  const auto info = inspect_model(ModelFile(model_file("mlp.pt")));
  CHECK(info.format == ModelFormat::torchscript);
  CHECK(info.arguments.size() == 1);
  CHECK(info.float_dtype == DType::float32);
  CHECK(info.device == "cpu");
  CHECK(info.compiled_for.empty());
  CHECK(info.file_bytes == std::filesystem::file_size(model_file("mlp.pt")));
  CHECK(argument_names(inspect_model(ModelFile(model_file("two_inputs.pt")))) ==
        std::vector<std::string>{"a", "ids"});
  CHECK(inspect_model(ModelFile(model_file("double.pt"))).float_dtype == DType::float64);
  CHECK(inspect_model(ModelFile(model_file("mlp_bfloat16.pt"))).float_dtype == DType::bfloat16);
  CHECK_FALSE(inspect_model(ModelFile(model_file("ragged_sum.pt"))).float_dtype.has_value());
}

TEST_CASE("torchscript: a loaded model tells the same as inspecting it") {
  const auto model = open_model("two_inputs.pt");
  CHECK(argument_names(model->info()) == std::vector<std::string>{"a", "ids"});
  CHECK(model->info().float_dtype == DType::float32);
}

TEST_CASE("torchscript: exact values, also for no rows and for one") {
  const auto model = open_model("exact_sum.pt");
  const auto outputs = run(*model, {floats({2, 8}, {1, 1, 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0.5F})});
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].name == "output0");
  CHECK(outputs[0].value.shape == Shape{2});
  CHECK(values<float>(outputs[0].value) == std::vector<float>{36, 6});
  CHECK(values<float>(run(*model, {floats({1, 8}, {0, 0, 0, 0, 0, 0, 0, 1})})[0].value) ==
        std::vector<float>{8});
  CHECK(run(*model, {floats({0, 8}, {})})[0].value.shape == Shape{0});
}

TEST_CASE("torchscript: the hundredth call gives the bits of the first, at any batch size in between") {
  const auto model = open_model("mlp.pt");
  const auto batch = test::some_floats(5, 64);
  const auto first = values<float>(run(*model, {batch})[0].value);
  for (std::int64_t call = 1; call < 100; ++call) {
    run(*model, {test::some_floats(1 + call % 7, 64)});
    REQUIRE(values<float>(run(*model, {batch})[0].value) == first);
  }
}

TEST_CASE("torchscript: variable lengths") {
  const auto model = open_model("ragged_sum.pt");
  CHECK(values<float>(run(*model, {floats({1, 2}, {1, 2})})[0].value) == std::vector<float>{3});
  CHECK(values<float>(run(*model, {floats({2, 3}, {1, 2, 3, 4, 5, 6})})[0].value) ==
        std::vector<float>{6, 15});
}

TEST_CASE("torchscript: a dictionary keeps its names and order, half values come as float32") {
  const auto model = open_model("dict_outputs.pt");
  const auto outputs = run(*model, {floats({2, 2}, {1, 2, 5, 4})});
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].name == "total");
  CHECK(values<float>(outputs[0].value) == std::vector<float>{3, 9});
  CHECK(outputs[1].name == "best");
  CHECK(outputs[1].value.dtype == DType::int64);
  CHECK(values<std::int64_t>(outputs[1].value) == std::vector<std::int64_t>{1, 0});
  CHECK(outputs[2].name == "also");
  CHECK(outputs[2].value.dtype == DType::float32);
  CHECK(values<float>(outputs[2].value) == std::vector<float>{2, 4, 10, 8});
}

TEST_CASE("torchscript: nested tuples count up, strided outputs come in row-major order") {
  const auto model = open_model("tuple_outputs.pt");
  const auto outputs = run(*model, {floats({2, 4}, {1, -2, 3, 4, 5, 6, 7, 8})});
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].name == "output0");
  CHECK(outputs[1].name == "output1.0");
  CHECK(outputs[1].value.dtype == DType::boolean);
  CHECK(values<char>(outputs[1].value) == std::vector<char>{1, 0, 1, 1, 1, 1, 1, 1});
  CHECK(outputs[2].name == "output1.1");
  CHECK(values<float>(outputs[2].value) == std::vector<float>{1, -2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("torchscript: the fields of a named tuple give their names") {
  const auto model = open_model("named_outputs.pt");
  const auto outputs = run(*model, {floats({1, 4}, {1, -2, 3, 4})});
  REQUIRE(outputs.size() == 3);
  CHECK(outputs[0].name == "least");
  CHECK(outputs[1].name == "places.0");
  CHECK(outputs[2].name == "places.1");
  CHECK(values<float>(outputs[0].value) == std::vector<float>{-2});
  CHECK(values<std::int64_t>(outputs[2].value) == std::vector<std::int64_t>{3});
}

TEST_CASE("torchscript: an output that is the input itself is a copy: who owns the input may use it again") {
  const auto model = open_model("identity.pt");
  auto input = floats({1, 4}, {1, 2, 3, 4});
  const std::weak_ptr<const void> memory = input.owner;
  auto outputs = run(*model, {input});
  input = {};
  CHECK(memory.expired());
  CHECK(values<float>(outputs[0].value) == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("torchscript: outputs outlive their model") {
  auto model = open_model("classifier.pt");
  const auto outputs = run(*model, {floats({1, 4}, {1, 2, 4, 8})});
  model.reset();
  CHECK(outputs[0].value.shape == Shape{1, 3});
  CHECK(values<float>(outputs[0].value) == std::vector<float>{1, 3, 7});
}

TEST_CASE("torchscript: a model that writes into its input does not change the caller's values") {
  const auto model = open_model("in_place.pt");
  const auto input = floats({2, 4}, {0, 0, 0, 0, 1, 1, 1, 1});
  CHECK(values<float>(run(*model, {input})[0].value) == std::vector<float>{4, 8});
  CHECK(values<float>(input) == std::vector<float>{0, 0, 0, 0, 1, 1, 1, 1});
}

TEST_CASE("torchscript: float32 is converted to the asked precision, half outputs come back as float32") {
  const auto model = open_model("mlp_bfloat16.pt");
  const auto input = test::some_floats(3, 64);
  constexpr DType kBfloat16[] = {DType::bfloat16};
  const auto outputs = model->run({std::span(&input, 1), kBfloat16, 3});
  CHECK(outputs[0].value.dtype == DType::float32);
  CHECK(outputs[0].value.shape == Shape{3, 1});
  CHECK_THROWS_AS(run(*model, {input}), ModelError);  // left as float32
}

TEST_CASE("torchscript: float64 stays float64") {
  const auto model = open_model("double.pt");
  CHECK(values<double>(run(*model, {test::tensor<double>(DType::float64, {1, 2}, {1, 2})})[0].value) ==
        std::vector<double>{1.0 * (1.0 / 3.0) + 2.0 * (1.0 / 3.0)});
}

TEST_CASE("torchscript: trailing defaults may be left out") {
  const auto model = open_model("optional_arg.pt");
  REQUIRE(model->info().arguments.size() == 2);
  CHECK(model->info().arguments[1].name == "mask");
  CHECK(model->info().arguments[1].has_default);
  const auto x = floats({1, 3}, {1, 2, 4});
  CHECK(values<float>(run(*model, {x})[0].value) == std::vector<float>{7});
  CHECK(values<float>(run(*model, {x, floats({1, 3}, {1, 0, 1})})[0].value) == std::vector<float>{5});
}

TEST_CASE("torchscript: an argument that takes no tensor is hidden if it has a default, else refused") {
  const auto model = open_model("scale_arg.pt");
  CHECK(argument_names(model->info()) == std::vector<std::string>{"x"});
  CHECK(values<float>(run(*model, {floats({1, 2}, {1, 2})})[0].value) == std::vector<float>{6});
  const auto message = message_of<UsageError>([] { inspect_model(ModelFile(model_file("text_arg.pt"))); });
  CHECK_THAT(message, Contains("\"unit\" of type str cannot be fed") && Contains("wrap the model"));
}

TEST_CASE("torchscript: a model saved frozen loads") {
  const auto batch = test::some_floats(3, 64);
  CHECK(values<float>(run(*open_model("frozen.pt"), {batch})[0].value) ==
        values<float>(run(*open_model("mlp.pt"), {batch})[0].value));
}

TEST_CASE("torchscript: what the model throws is one line, and the model works afterwards") {
  const auto model = open_model("raises_on_negative.pt");
  CHECK(message_of<ModelError>([&] {
          run(*model, {floats({2, 2}, {1, 1, 1, -1})});
        }) == "a value is negative");
  CHECK(values<float>(run(*model, {floats({1, 2}, {1, 1})})[0].value) == std::vector<float>{2});
}

TEST_CASE("torchscript: an id out of range and a wrong width are the batch's fault, not the run's") {
  const auto lookup = open_model("two_inputs.pt");
  const auto a = floats({1, 4}, {0, 0, 0, 0});
  const auto ids = [](std::int64_t last) {
    return test::tensor<std::int64_t>(DType::int64, {1, 3}, {0, 1, last});
  };
  CHECK(values<float>(run(*lookup, {a, ids(9)})[0].value) == std::vector<float>{6 + 22 + 150});
  CHECK(message_of<ModelError>([&] { run(*lookup, {a, ids(10)}); }) == "index out of range in self");
  const auto message = message_of<ModelError>([] { run(*open_model("mlp.pt"), {test::some_floats(2, 63)}); });
  CHECK_THAT(message, Contains("2x63") && Contains("64x32"));
  CHECK(std::ranges::count(message, '\n') == 0);
}

TEST_CASE("torchscript: outputs without the batch dimension are told apart from other refusals") {
  const auto message = message_of<WrongRows>([] {
    run(*open_model("no_batch_dim.pt"), {floats({2, 1}, {1, 2})});
  });
  CHECK_THAT(message, Contains("no_batch_dim.pt") &&
                          Contains("\"output0\" has shape [] for a batch of 2 rows") &&
                          Contains("the first dimension of every output must be the batch"));
}

TEST_CASE("torchscript: outputs that are no tensors end the run") {
  const auto message = message_of<RunError>([] {
    run(*open_model("returns_text.pt"), {floats({2, 1}, {1, 2})});
  });
  CHECK_THAT(message, Contains("a value of type String as \"verdict\""));
}

}  // namespace infer
