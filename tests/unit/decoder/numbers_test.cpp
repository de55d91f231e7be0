#include "unit/decoder/decode.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

using namespace infer;
using namespace infer::test;
using Catch::Matchers::Contains;
using Code = RecordErrorCode;

TEST_CASE("decoder: every dtype takes its values") {
  CHECK(accepted<float>(kFloat, "{\"x\":-1.5e2}") == std::vector<float>{-150});
  CHECK(accepted<float>(kFloat, "{\"x\":3}") == std::vector<float>{3});
  CHECK(accepted<double>(spec("x", DType::float64, {}), "{\"x\":0.1}") == std::vector<double>{0.1});
  CHECK(accepted<float>(spec("x", DType::float16, {}), "{\"x\":0.5}") == std::vector<float>{0.5});
  CHECK(accepted<float>(spec("x", DType::bfloat16, {}), "{\"x\":0.5}") == std::vector<float>{0.5});
  CHECK(accepted<std::int64_t>(kInt, "{\"x\":-9223372036854775808}") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min()});
  CHECK(accepted<std::int64_t>(kInt, "{\"x\":9223372036854775807}") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::max()});
  CHECK(accepted<std::int32_t>(spec("x", DType::int32, {}), "{\"x\":-2147483648}") ==
        std::vector<std::int32_t>{std::numeric_limits<std::int32_t>::min()});
  CHECK(accepted<std::int16_t>(spec("x", DType::int16, {}), "{\"x\":32767}") ==
        std::vector<std::int16_t>{32767});
  CHECK(accepted<std::int8_t>(spec("x", DType::int8, {}), "{\"x\":-128}") == std::vector<std::int8_t>{-128});
  CHECK(accepted<std::uint8_t>(spec("x", DType::uint8, {}), "{\"x\":255}") == std::vector<std::uint8_t>{255});
  CHECK(accepted<std::uint8_t>(spec("x", DType::boolean, {2}), "{\"x\":[true,false]}") ==
        std::vector<std::uint8_t>{1, 0});
}

TEST_CASE(
    "decoder: values of another kind are wrong_type, and the message says what was expected and found") {
  CHECK(error_of(kFloat, "{\"x\":\"1\"}").message == "input \"x\": expected a number, found a string");
  CHECK(error_of(kFloat, "{\"x\":null}").message ==
        "input \"x\": expected a number, found null; --missing nan takes it");
  CHECK(error_of(kFloat, "{\"x\":true}").message == "input \"x\": expected a number, found a boolean");
  CHECK(error_of(kFloat, "{\"x\":[1]}").message == "input \"x\": expected a number, found an array");
  CHECK(error_of(kFloat, "{\"x\":{}}").message == "input \"x\": expected a number, found an object");
  CHECK(error_of(kInt, "{\"x\":1.5 }").message ==
        "input \"x\": expected a whole number, found the number 1.5");
  CHECK(error_of(kInt, "{\"x\":1.0}").message ==
        "input \"x\": expected a whole number, found the number 1.0");
  CHECK(error_of(kInt, "{\"x\":1e2}").code == Code::wrong_type);
  CHECK(error_of(spec("x", DType::boolean, {}), "{\"x\":2}").message ==
        "input \"x\": expected true or false, or 1 or 0, found the number 2");
  CHECK_THAT(error_of(kFloats, "{\"x\":1}").message, Contains("expected an array (shape [*])"));
  CHECK(error_of(kFloats, "{\"x\":[1,null]}").code == Code::wrong_type);
  CHECK(error_of(kFloats, "{\"x\":{\"0\":1}}").code == Code::wrong_type);
}

TEST_CASE("decoder: a number in a message ends where it ends, whatever white space follows") {
  CHECK(error_of(kInt, "{\"x\":1.5\t}").message ==
        "input \"x\": expected a whole number, found the number 1.5");
  CHECK(error_of(kInt, "{\"x\":1.5 \r ,\"y\":1}").message ==
        "input \"x\": expected a whole number, found the number 1.5");
}

TEST_CASE("decoder: NaN and infinity are no JSON numbers: an error, never a value") {
  for (const auto* token : {"NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "-NaN"}) {
    const auto line = "{\"x\":" + std::string(token) + "}";
    const auto code = error_of(kFloat, line).code;
    INFO(line);
    CHECK((code == Code::invalid_json || code == Code::wrong_type));
  }
}

TEST_CASE("decoder: a number outside its dtype is out_of_range") {
  CHECK(error_of(kFloat, "{\"x\":1e39}").message == "input \"x\": a number is too large for float32");
  CHECK(error_of(kFloat, "{\"x\":-1e39}").code == Code::out_of_range);
  CHECK(accepted<float>(kFloat, "{\"x\":3.4028234663852886e38}") ==
        std::vector<float>{std::numeric_limits<float>::max()});
  CHECK(accepted<float>(kFloat, "{\"x\":1e-60}") == std::vector<float>{0});
  CHECK(error_of(spec("x", DType::int8, {}), "{\"x\":128}").message ==
        "input \"x\": 128 is outside -128..127");
  CHECK(error_of(spec("x", DType::uint8, {}), "{\"x\":-1}").message == "input \"x\": -1 is outside 0..255");
  CHECK(error_of(spec("x", DType::int16, {}), "{\"x\":40000}").code == Code::out_of_range);
  CHECK(error_of(spec("x", DType::int32, {}), "{\"x\":2147483648}").code == Code::out_of_range);
}

TEST_CASE("decoder: numbers beyond 64 bits are out_of_range too") {
  CHECK(error_of(kInt, "{\"x\":9223372036854775808}").code == Code::out_of_range);
  CHECK(error_of(kInt, "{\"x\":-99999999999999999999999}").code == Code::out_of_range);
  CHECK(error_of(spec("x", DType::float64, {}), "{\"x\":1e400}").code == Code::out_of_range);
  CHECK(error_of(kFloat, "{\"x\":-1e400}").code == Code::out_of_range);
}

TEST_CASE("decoder: a number that float16 or bfloat16 cannot hold is out_of_range") {
  CHECK(accepted<float>(spec("x", DType::float16, {}), "{\"x\":65504}") == std::vector<float>{65504});
  CHECK(error_of(spec("x", DType::float16, {}), "{\"x\":100000}").code == Code::out_of_range);
  CHECK(error_of(spec("x", DType::bfloat16, {}), "{\"x\":3.4e38}").message ==
        "input \"x\": a number is too large for bfloat16");
}

TEST_CASE("decoder: what rounds to the largest number of a type is that number, as NumPy writes float32's") {
  const auto largest = std::numeric_limits<float>::max();
  CHECK(accepted<float>(kFloat, "{\"x\":-3.4028235e+38}") == std::vector<float>{-largest});
  CHECK(accepted<float>(kFloats, "{\"x\":[3.4028235e+38]}") == std::vector<float>{largest});
  CHECK(error_of(kFloat, "{\"x\":3.4028235677973366e38}").code == Code::out_of_range);
  const auto half = spec("x", DType::float16, {});
  CHECK(accepted<float>(half, "{\"x\":65519.99}") == std::vector<float>{65519.99F});
  CHECK(error_of(half, "{\"x\":65519.9999}").code ==
        Code::out_of_range);  // float32 makes 65520 of it, float16 infinity
  const auto brain = spec("x", DType::bfloat16, {});
  CHECK(accepted<float>(brain, "{\"x\":3.3961774e38}") == std::vector<float>{3.3961774e38F});
  CHECK(error_of(brain, "{\"x\":3.3961776e38}").code == Code::out_of_range);
}

TEST_CASE("decoder: an index outside the input's range is out_of_range, its ends are inside") {
  const auto ids = spec("x", DType::int64, {kVariableDim}, ValueRange{0, 9});
  CHECK(accepted<std::int64_t>(ids, "{\"x\":[0,9]}") == std::vector<std::int64_t>{0, 9});
  CHECK(error_of(ids, "{\"x\":[1,10]}").message == "input \"x\": 10 is outside 0..9");
  CHECK(error_of(ids, "{\"x\":[-1]}").code == Code::out_of_range);
}

TEST_CASE("decoder: a range wider than the dtype does not let a number wrap around") {
  CHECK(error_of(spec("x", DType::int8, {}, ValueRange{0, 1000}), "{\"x\":500}").code == Code::out_of_range);
}

TEST_CASE("decoder: long numbers are read, and no message repeats a megabyte of digits") {
  CHECK(accepted<double>(spec("x", DType::float64, {}), "{\"x\":0." + std::string(2000, '3') + "}") ==
        std::vector<double>{1.0 / 3});
  CHECK(accepted<float>(kFloat, "{\"x\":1" + std::string(30, '0') + "}") == std::vector<float>{1e30F});
  const auto error = error_of(kInt, "{\"x\":" + std::string(1'000'000, '1') + "}");
  CHECK(error.message.size() < 1000);
}

namespace {

/// 0.00...ddd, with or without an exponent: the form in which decimals and "%.25f" come.
std::string fraction(std::mt19937& random) {
  const auto below = [&](unsigned limit) { return random() % limit; };
  std::string text = below(2) == 0 ? "0." : "-0.";
  text.append(below(22), '0');
  for (auto digits = 1 + below(60); digits > 0; --digits) text += static_cast<char>('0' + below(10));
  if (below(3) == 0) text += "e" + std::to_string(static_cast<int>(below(60)) - 30);
  return text;
}

}  // namespace

TEST_CASE("decoder: a fraction of any number of digits is the double that is nearest to it") {
  const auto number = spec("x", DType::float64, {});
  const auto list = spec("x", DType::float64, {kVariableDim});
  CHECK(accepted<double>(number, "{\"x\":0.12345678901234567890123}") ==
        std::vector<double>{0.12345678901234568});
  CHECK(accepted<double>(number, "{\"x\":-0.10000000000000000555}") == std::vector<double>{-0.1});
  CHECK(accepted<float>(kFloat, "{\"x\":0.3333333333333333333333}") == std::vector<float>{1.0F / 3});
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const auto text = fraction(random);
    const double nearest = std::strtod(text.c_str(), nullptr);
    INFO(text);
    REQUIRE(accepted<double>(number, "{\"x\":" + text + "}") == std::vector<double>{nearest});
    REQUIRE(accepted<double>(list, "{\"x\":[1, " + text + " ,2]}") == std::vector<double>{1, nearest, 2});
  }
}
