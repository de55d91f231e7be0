#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
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

HostTensor ids(std::int64_t rows, std::int64_t each) {
  return test::tensor<std::int64_t>(DType::int64, {rows, 3},
                                    std::vector<std::int64_t>(static_cast<std::size_t>(rows * 3), each));
}

const bool kIsTorch211 = torch_version().starts_with("2.11");

/// What our message has of the package's, which 2.11 writes to stderr and does not hand on.
std::string reason(const std::string& told) { return kIsTorch211 ? "the compiled model failed" : told; }

/// What this process has mapped.
std::string maps() {
  std::ifstream file("/proc/self/maps");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool has_cuda_libraries() { return maps().find("libtorch_cuda.so") != std::string::npos; }

}  // namespace

TEST_CASE("aotinductor: the package tells its inputs, device and instruction set") {
  const auto info = inspect_model(ModelFile(model_file("two_inputs.pt2")));
  CHECK(info.format == ModelFormat::aotinductor);
  CHECK(info.arguments.size() == 2);
  CHECK_FALSE(info.float_dtype.has_value());
  CHECK(info.device == "cpu");
  CHECK_FALSE(info.compiled_for.empty());
  CHECK(info.file_bytes == std::filesystem::file_size(model_file("two_inputs.pt2")));
}

TEST_CASE("aotinductor: results equal those of TorchScript at every batch size, one included") {
  const auto package = open_model("mlp.pt2");
  const auto script = open_model("mlp.pt");
  for (const std::int64_t rows : {1, 2, 3, 8, 64}) {
    const auto batch = test::some_floats(rows, 64);
    const auto got = run(*package, {batch});
    REQUIRE(got.size() == 1);
    CHECK(got[0].name == "output0");
    CHECK(got[0].value.shape == Shape{rows, 1});
    const auto expected = values<float>(run(*script, {batch})[0].value);
    const auto actual = values<float>(got[0].value);
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::abs(actual[i] - expected[i]) < 1e-5F);
  }
}

TEST_CASE("aotinductor: exact values, and several inputs by position") {
  CHECK(
      values<float>(run(*open_model("exact_sum.pt2"), {floats({1, 8}, {1, 1, 1, 1, 1, 1, 1, 1})})[0].value) ==
      std::vector<float>{36});
  CHECK(
      values<float>(run(*open_model("two_inputs.pt2"), {floats({1, 4}, {1, 0, 0, 0}), ids(1, 9)})[0].value) ==
      std::vector<float>{1 + 3 * 150});
}

TEST_CASE("aotinductor: a wrong shape or type is the batch's fault, and the model works afterwards") {
  const auto model = open_model("exact_sum.pt2");
  CHECK_THAT(message_of<ModelError>([&] {
               run(*model, {floats({2, 7}, std::vector<float>(14))});
             }),
             Contains(reason("unmatched dim value at 1, expected: 8")));
  CHECK_THAT(message_of<ModelError>([&] {
               run(*model, {test::tensor<double>(DType::float64, {2, 8}, std::vector<double>(16))});
             }),
             Contains(reason("unmatched dtype")));
  CHECK_THROWS_AS(run(*model, {floats({8}, std::vector<float>(8))}), ModelError);
  CHECK_THROWS_AS(run(*model, {floats({2, 8, 2}, std::vector<float>(32))}), ModelError);
  CHECK(values<float>(run(*model, {floats({1, 8}, {1, 0, 0, 0, 0, 0, 0, 0})})[0].value) ==
        std::vector<float>{1});
}

TEST_CASE("aotinductor: inputs with different batch sizes are refused") {
  if (kIsTorch211) return;  // compares a batch size with the package's only
  const auto model = open_model("two_inputs.pt2");
  CHECK_THROWS_AS(run(*model, {floats({2, 4}, std::vector<float>(8)), ids(3, 1)}), ModelError);
}

TEST_CASE("aotinductor: a wrong number of inputs never reaches the generated code") {
  const auto model = open_model("two_inputs.pt2");
  const auto a = floats({1, 4}, {0, 0, 0, 0});
  CHECK_THAT(message_of<RunError>([&] { run(*model, {a}); }), Contains("takes 2 inputs, but 1 were given"));
  CHECK_THROWS_AS(run(*model, {a, ids(1, 0), ids(1, 0)}), RunError);
}

TEST_CASE("aotinductor: where there is no place to unpack, the message names the model and what to set") {
  const auto* const before = std::getenv("TMPDIR");
  const auto kept = before == nullptr ? std::string("/tmp") : before;
  ::setenv("TMPDIR", "/proc/nowhere", 1);
  const auto path = model_file("two_inputs.pt2");
  CHECK_THAT(message_of<UsageError>([&] { load_model(ModelFile(path), {}); }),
             Contains(path) && Contains("TMPDIR"));
  ::setenv("TMPDIR", kept.c_str(), 1);
}

TEST_CASE("aotinductor: weights outside of the package are mapped, and missing or foreign ones are told") {
  const test::ScratchFolder folder;
  const auto model = std::filesystem::path(folder.path("m.pt2"));
  const auto weights = std::filesystem::path(folder.path("exact_sum_outside.safetensors"));
  std::filesystem::copy_file(model_file("exact_sum_outside.pt2"), model);
  CHECK_THAT(message_of<UsageError>([&] { load_model(ModelFile(model), {}); }),
             Contains("cannot open the model's weights " + weights.string()));
  std::filesystem::copy_file(model_file("weights.safetensors"), weights);
  CHECK_THAT(message_of<UsageError>([&] { load_model(ModelFile(model), {}); }),
             Contains("not the weights of this model"));

  std::filesystem::copy_file(model_file("exact_sum_outside.safetensors"), weights,
                             std::filesystem::copy_options::overwrite_existing);
  const auto loaded = load_model(ModelFile(model), {"cpu", 1, 2});
  CHECK(maps().find(weights.string()) != std::string::npos);
  CHECK(loaded->state_digest() == loaded->state_digest());
  std::filesystem::remove(weights);  // of no matter now
  CHECK(values<float>(run(*loaded, {floats({2, 8}, std::vector<float>(16, 1))})[0].value) ==
        std::vector<float>{36, 36});
}

TEST_CASE("aotinductor: a CPU package leaves the CUDA libraries alone") {
  const auto model = open_model("mlp.pt2");
  run(*model, {test::some_floats(1, 64)});
  CHECK_FALSE(has_cuda_libraries());
}

}  // namespace infer
