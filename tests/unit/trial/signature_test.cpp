#include "signature/signature.hpp"
#include "config/input_spec.hpp"
#include "trial/resolve_signature.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <set>

#include "base/error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/trial/resolve.hpp"

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;

TEST_CASE("signature: whole numbers are tried as int64 first, then as the model's float") {
  auto takes_ints = accepting_only({{"x", false}}, {DType::int64});
  CHECK(described(takes_ints, {"{\"x\":[1,2]}"}) == "x:int64:[2]");
  auto takes_floats = accepting_only({{"x", false}}, {DType::float32});
  CHECK(described(takes_floats, {"{\"x\":[1,2]}"}) == "x:float32:[2]");
  auto takes_halves = accepting_only({{"x", false}}, {DType::float16});
  takes_halves.set_float_dtype(DType::float16);
  CHECK(described(takes_halves, {"{\"x\":[1,2]}"}) == "x:float16:[2]");
}

TEST_CASE("signature: an index has the range of the model's table, whatever the sample holds") {
  auto model = accepting({{"ids", false, ValueRange{0, 9}}});
  CHECK(described(model, {"{\"ids\":[3,4]}"}) == "ids:int64:[2]:0..9");
  CHECK(described(model, {"{\"ids\":[0.5,4]}", "{\"ids\":[1,2]}"}) == "ids:int64:[2]:0..9");
  CHECK(described(model, {"{\"ids\":[3.0,4.0]}", "{\"ids\":[1.0,2.0]}"}) ==
        "ids:float32:[2]");  // it casts itself
  CHECK(described(model, {"{\"ids\":[true,false]}"}) == "ids:bool:[2]");
  RunConfig config;
  config.input.spec = {parse_input_spec("ids:int32:[*]")};
  CHECK(described(model, {"{\"ids\":[3,4]}"}, config) == "ids:int32:[*]:0..9");
  config.input.spec = {parse_input_spec("ids:int64:[*]:1..3")};
  CHECK(described(model, {"{\"ids\":[3,2]}"}, config) == "ids:int64:[*]:1..3");

  const Bundle without{test::field_signature({parse_input_spec("ids:int64:[*]")}), {}, {}, {}, "", "", {}};
  CHECK(described(model, {"{\"ids\":[3,4]}"}, {}, without) == "ids:int64:[*]:0..9");
}

TEST_CASE("signature: every mixture of dtypes is tried") {
  const std::vector<DType> both{DType::int64, DType::float32};
  for (const auto a : both) {
    for (const auto b : both) {
      auto model = accepting_only({{"a", false}, {"b", false}}, {a, b});
      const auto signature = resolve_signature(model, {}, {}, raw_chunk({"{\"a\":1,\"b\":[2]}"})).signature;
      CHECK(signature.inputs[0].dtype == a);
      CHECK(signature.inputs[1].dtype == b);
    }
  }
}

TEST_CASE("signature: 0 and 1 are booleans where the model takes nothing else") {
  auto model = accepting_only({{"x", false}, {"mask", false}}, {DType::float32, DType::boolean});
  CHECK(described(model, {"{\"x\":[1.5,2.5],\"mask\":[0,1]}"}) == "x:float32:[2] mask:bool:[2]");
  CHECK(described(model, {"{\"x\":[1,0],\"mask\":[0,1]}"}) == "x:float32:[2] mask:bool:[2]");
  CHECK_THAT(refused(model, {"{\"x\":[1.5,2.5],\"mask\":[0,2]}"}), Contains("wrong dtype"));
  auto takes_floats = accepting({{"x", false}});
  CHECK(described(takes_floats, {"{\"x\":[0,1]}"}) == "x:float32:[2]");
}

TEST_CASE("signature: other numbers and booleans leave no choice") {
  auto model = accepting({{"x", false}});
  CHECK(described(model, {"{\"x\":[1,2.5]}"}) == "x:float32:[2]");
  CHECK(described(model, {"{\"x\":1}", "{\"x\":1.5}"}) == "x:float32:[]");
  CHECK(described(model, {"{\"x\":[[true,false]]}"}) == "x:bool:[1,2]");
  model.set_float_dtype(DType::float64);
  CHECK(described(model, {"{\"x\":0.5}"}) == "x:float64:[]");
}

TEST_CASE("signature: a model of many inputs that refuses all is not tried without end") {
  std::vector<ModelArgument> arguments;
  std::string line = "{\"other\":0";
  for (char name = 'a'; name < 'm'; ++name) {
    arguments.push_back({std::string(1, name), false});
    line.append(",\"").append(1, name).append("\":1");
  }
  line += '}';
  FakeModel model(arguments, [](Inputs, DTypes) -> std::vector<NamedTensor> { throw ModelError("no"); });
  CHECK_THAT(refused(model, {line}), Contains("no"));
  CHECK(model.runs <= 64 + 4 * 16);  // the likeliest, and at last the records, in up to 16 sizes
}

TEST_CASE("signature: lengths that differ are variable when the model takes them") {
  auto model = accepting({{"x", false}});
  CHECK(described(model, {"{\"x\":[1,2]}", "{\"x\":[1,2,3]}", "{\"x\":[1,2]}"}) == "x:float32:[*]");
  CHECK(described(model, {"{\"x\":[[1,2],[3,4]]}", "{\"x\":[[1,2]]}"}) == "x:float32:[*,2]");
  CHECK(described(model, {"{\"x\":[1,2]}", "{\"x\":[3,4]}"}) == "x:float32:[2]");
}

TEST_CASE("signature: lengths that differ stay the commonest when the model does not take others") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) {
    if (inputs[0].shape.at(1) != 2) throw ModelError("wrong length");
    return scores(inputs);
  });
  CHECK(described(model, {"{\"x\":[1]}", "{\"x\":[1,2]}", "{\"x\":[3,4]}", "{\"x\":[1,2,3]}"}) ==
        "x:float32:[2]");
}

TEST_CASE("signature: another number of dimensions makes nothing variable") {
  auto model = accepting({{"x", false}});
  CHECK(described(model, {"{\"x\":[1,2]}", "{\"x\":[3,4]}", "{\"x\":[[1,2]]}"}) == "x:float32:[2]");
}

TEST_CASE("signature: --pad opens the length, and the value is kept") {
  auto model = accepting({{"x", false}});
  RunConfig config;
  config.input.pad["x"] = 7;
  const auto signature = resolve_signature(model, {}, config, raw_chunk({"{\"x\":[1,2]}"})).signature;
  CHECK(describe_signature(signature) == "x:float32:[*]");
  CHECK(signature.inputs[0].pad == 7);
  CHECK(described(model, {"{\"x\":1}"}, config) == "x:float32:[]");
}

TEST_CASE("signature: --field says where an input lies") {
  auto model = accepting({{"x", false}});
  RunConfig config;
  config.input.field["x"] = "user.features";
  const auto signature =
      resolve_signature(model, {}, config, raw_chunk({"{\"user\":{\"features\":[1.5]},\"x\":\"text\"}"}))
          .signature;
  CHECK(describe_signature(signature) == "x:float32:[1]");
  CHECK(signature.sources == std::vector<InputSource>{{{"user", "features"}, {}}});
}

TEST_CASE("signature: whole numbers are floats to a model that takes only floats for numbers") {
  auto model = accepting({{"a", false}, {"b", false}});
  CHECK(described(model, {"{\"a\":1,\"b\":[2,3]}"}) == "a:float32:[] b:float32:[2]");
}

TEST_CASE(
    "signature: whole numbers stay whole when float32 would lose a digit, or when the model refuses floats") {
  auto model = accepting({{"a", false}, {"b", false}});
  CHECK(described(model, {"{\"a\":16777217,\"b\":2}"}) == "a:int64:[] b:int64:[]");
  FakeModel indices({{"a", false}, {"b", false}}, [](Inputs inputs, DTypes dtypes) {
    if (dtypes[0] != DType::int64) throw ModelError("indices must be whole");
    return scores(inputs);
  });
  CHECK(described(indices, {"{\"a\":1,\"b\":2}"}) == "a:int64:[] b:int64:[]");
}

TEST_CASE("signature: an input without values names the keys that the records have") {
  auto model = accepting({{"x", false}});
  CHECK_THAT(refused(model, {"{\"a\":1,\"b\":2}"}),
             Contains("\"x\"") && Contains("\"a\", \"b\"") && Contains("--field x="));
  CHECK_THAT(refused(model, {"{}"}), Contains("\"x\" has no value"));
}

TEST_CASE("signature: text where numbers are needed is said so") {
  auto model = accepting({{"x", false}});
  CHECK_THAT(refused(model, {"{\"x\":\"hello\"}"}), Contains("needs numbers") && Contains("--field x="));
}

TEST_CASE("signature: an input that is no JSONL is said so") {
  auto model = accepting({{"x", false}});
  CHECK_THAT(refused(model, {"a,b,c", "1,2,3"}), Contains("JSON object") && Contains("CSV"));
}

TEST_CASE("signature: broken records in the sample do not decide") {
  auto model = accepting({{"x", false}});
  CHECK(described(model, {"oops", "{\"y\":1}", "{\"x\":\"text\"}", "{\"x\":2}"}) == "x:float32:[]");
}

TEST_CASE("signature: arguments with defaults are left out when no record has them") {
  const std::vector<ModelArgument> arguments{{"x", false}, {"mask", true}, {"scale", true}};
  auto model = accepting(arguments);
  CHECK(described(model, {"{\"x\":1}"}) == "x:float32:[]");
  CHECK(described(model, {"{\"x\":1,\"mask\":[2]}"}) == "x:float32:[] mask:float32:[1]");
  CHECK_THAT(refused(model, {"{\"x\":1,\"scale\":2}"}), Contains("\"mask\""));
}

TEST_CASE("signature: a model file without names asks for --input-spec") {
  auto model = accepting({{"", false}});
  CHECK_THAT(refused(model, {"{\"x\":1}"}), Contains("--input-spec name:dtype:shape"));
}

TEST_CASE("signature: a model that refuses every record is a usage error with its last words") {
  FakeModel model({{"x", false}},
                  [](Inputs, DTypes) -> std::vector<NamedTensor> { throw ModelError("mat1 and mat2"); });
  CHECK_THAT(refused(model, {"{\"x\":[1]}", "{\"x\":[2]}"}),
             Contains("mat1 and mat2") && Contains("x:float32:[1]"));
}

TEST_CASE("signature: one bad record at the front does not make the model unfit") {
  FakeModel model({{"x", false}}, [](Inputs inputs, DTypes) {
    float first = 0;
    std::memcpy(&first, inputs[0].bytes.data(), sizeof first);
    if (first < 0) throw ModelError("negative");
    return scores(inputs);
  });
  CHECK(described(model, {"{\"x\":-1.5}", "{\"x\":2.5}"}) == "x:float32:[]");
}

TEST_CASE("signature: outputs that do not share the batch dimension are a usage error before any work") {
  FakeModel model({{"x", false}},
                  [](Inputs, DTypes) -> std::vector<NamedTensor> { throw RunError("no batch dimension"); });
  CHECK_THAT(refused(model, {"{\"x\":1}"}), Contains("no batch dimension"));
}

TEST_CASE("signature: outputs that do not fit the task are a usage error before any work") {
  auto model = accepting({{"x", false}});
  RunConfig config;
  config.results.task = Task::classification;
  CHECK_THAT(refused(model, {"{\"x\":1}"}, config), Contains("--task classification"));
}

TEST_CASE("signature: labels that do not fit the classes are a usage error before any work") {
  const test::ScratchFolder folder;
  FakeModel model({{"x", false}}, [](Inputs, DTypes) -> std::vector<NamedTensor> {
    return {{"logits", test::tensor_of<float>(DType::float32, {2, 2}, {1, 2, 3, 4})}};
  });
  RunConfig config;
  config.results.task = Task::classification;
  config.results.labels = folder.write("labels", "a\nb\nc\n");
  CHECK_THAT(refused(model, {"{\"x\":1}"}, config), Contains("3 labels"));
}

TEST_CASE("signature: the model is tried on batches of one, two and three") {
  std::set<std::int64_t> rows;
  FakeModel model({{"x", false}}, [&](Inputs inputs, DTypes) {
    rows.insert(inputs[0].shape.at(0));
    return scores(inputs);
  });
  CHECK(described(model, {"{\"x\":1}"}) == "x:float32:[]");
  CHECK(rows == std::set<std::int64_t>{1, 2, 3});
}

TEST_CASE("signature: where the memory is too small for two, the model is tried on one") {
  std::uint64_t room = 3;
  FakeModel model({{"x", false}}, [&room](Inputs inputs, DTypes) -> std::vector<NamedTensor> {
    if (element_count(inputs[0].shape) > room) throw OutOfMemory("cannot allocate 1 GiB");
    return {{"y", inputs[0]}};
  });
  CHECK(described(model, {"{\"x\":[1.5,2,3]}"}) == "x:float32:[3]");
  room = 2;
  CHECK_THAT(refused(model, {"{\"x\":[1.5,2,3]}"}),
             Contains("no memory to score even one") && Contains("cannot allocate 1 GiB") &&
                 Contains("larger device") && !Contains("--input-spec"));
}

TEST_CASE("signature: survives its message") {
  Signature signature;
  signature.inputs = {{"x", DType::bfloat16, {3, kVariableDim}, {}, -0.5},
                      {"", DType::boolean, {}, ValueRange{-1, 9}, {}}};
  signature.sources = {{{"a", "b", ""}, {}}, {{}, TokenPart::types}};
  signature.text = TextSpec{{{"a"}, {"b", "c"}}, 77, false, true, "query: "};
  signature.sources[0].image = true;
  signature.image =
      ImageSpec{ImageBackend::torchvision,
                false,
                {ResizeStep{{7, 9}, ResizeFilter::lanczos}, ResizeShortestStep{8, ResizeFilter::box},
                 CenterSquareStep{3, 4}, CenterCropStep{{5, 6}}},
                {5, 6}};
  signature.result = {Task::entities, {"logits"}, {"O", "B-x"},           Activation::sigmoid,
                      0.25,           384,        {{}, {kVariableDim, 2}}};
  signature.inputs[0].guessed = true;
  signature.unfed = {{"scale", {"a", "scale"}, "leave it out"}};
  signature.min_batch = 2;
  signature.max_batch = 9;
  const auto copy = deserialize_signature(serialize_signature(signature));
  CHECK(describe_signature(copy) == describe_signature(signature));
  CHECK(copy.sources == signature.sources);
  CHECK(copy.text == signature.text);
  CHECK(copy.image == signature.image);
  CHECK(copy.result == signature.result);
  CHECK(copy.max_batch == 9);
  CHECK(copy.min_batch == 2);
  CHECK((copy.inputs[0].guessed && !copy.inputs[1].guessed));
  REQUIRE(copy.unfed.size() == 1);
  CHECK(copy.unfed[0].name == "scale");
  CHECK(copy.unfed[0].path == JsonPath{"a", "scale"});
  CHECK(copy.unfed[0].remedy == "leave it out");
  const auto treatment = deserialize_treatment(serialize_treatment({Rewrites::exact, true}));
  CHECK((treatment.rewrites == Rewrites::exact && treatment.one_at_a_time));
  CHECK(copy.inputs[0].pad == -0.5);
  CHECK_FALSE(copy.inputs[0].range.has_value());
  REQUIRE(copy.inputs[1].range.has_value());
  CHECK(copy.inputs[1].range->low == -1);
  CHECK(copy.inputs[1].range->high == 9);
  CHECK_FALSE(copy.inputs[1].pad.has_value());
  CHECK(deserialize_signature(serialize_signature({})).inputs.empty());
}
