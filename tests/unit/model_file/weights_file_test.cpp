#include "model_file/weights_file.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <string>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

namespace infer {
namespace {

using Catch::Contains;
using test::message_of;

constexpr const char* kDigest = "d1";

/// Behind its length, and filled up with blanks so that the values begin at a multiple of `alignment`.
std::string with_header(std::string header, std::size_t values, std::size_t alignment = 8) {
  while ((8 + header.size()) % alignment != 0) header += ' ';
  std::string length(8, '\0');
  for (std::size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  return length + header + std::string(values, 'v');
}

const std::string kHeader =
    R"({"__metadata__":{"infer_weights":"d1"},"b":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
    R"("a":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]}})";
constexpr std::size_t kValues = 24;

std::string good() { return with_header(kHeader, kValues); }

std::string with(const std::string& from, const std::string& to) {
  auto header = kHeader;
  const auto at = header.find(from);
  REQUIRE(at != std::string::npos);
  return with_header(header.replace(at, from.size(), to), kValues);
}

std::string refusal(const std::string& content, const std::string& digest = kDigest) {
  const test::ScratchFolder folder;
  const auto path = folder.write("w.safetensors", content);
  return message_of<UsageError>([&] { const WeightsFile file(path, digest); });
}

}  // namespace

TEST_CASE("weights file: tensors by name, with their places in the file") {
  const test::ScratchFolder folder;
  const WeightsFile file(folder.write("w.safetensors", good()), kDigest);
  CHECK(file.bytes() == good().size());
  REQUIRE(file.tensors().size() == 2);
  const auto& a = file.tensors()[0];
  const auto& b = file.tensors()[1];
  CHECK((a.name == "a" && a.dtype == DType::bfloat16 && a.shape == Shape{4} && a.bytes == 8));
  CHECK((b.name == "b" && b.dtype == DType::float32 && b.shape == Shape{2, 2} && b.bytes == 16));
  CHECK(b.begin + b.bytes == a.begin);
  CHECK(a.begin + a.bytes == file.bytes());
}

TEST_CASE("weights file: what is damaged or misleading is refused by name") {
  CHECK_THAT(refusal(""), Contains("w.safetensors") && Contains("damaged"));
  CHECK_THAT(refusal("abc"), Contains("ends too early"));
  CHECK_THAT(refusal(std::string(8, '\xff')), Contains("its header would have"));
  CHECK_THAT(refusal(with_header("[]", 0)), Contains("no JSON object"));
  CHECK_THAT(refusal(with_header("{", 0)), Contains("no JSON object"));
  CHECK_THAT(refusal(good().substr(0, good().size() - 1)), Contains("tensor a lies outside the file"));
  CHECK_THAT(refusal(good() + "x"), Contains("do not end where the file does"));
  CHECK_THAT(refusal(with("BF16", "F8_X")), Contains("tensor a has no type"));
  CHECK_THAT(refusal(with("[4]", "[5]")), Contains("not the bytes of its shape"));
  CHECK_THAT(refusal(with("[4]", "[-4]")), Contains("impossible shape"));
  CHECK_THAT(refusal(with("[2,2]", "[9223372036854775807,9223372036854775807]")),
             Contains("larger than the file"));
  CHECK_THAT(refusal(with("[16,24]", "[24,16]")), Contains("lies outside"));
  CHECK_THAT(refusal(with_header(kHeader + std::string(kHeader.size() % 2 == 0 ? " " : ""), kValues, 1)),
             Contains("not aligned"));
}

TEST_CASE("weights file: others than the model's are refused, and what is missing is told with the remedy") {
  CHECK_THAT(refusal(good(), "d2"), Contains("not the weights of this model") && Contains("d1"));
  CHECK_THAT(refusal(with("__metadata__", "__metatada__")), Contains("not the weights of this model"));
  CHECK_THAT(message_of<UsageError>([] { const WeightsFile file("/proc/nowhere.safetensors", kDigest); }),
             Contains("cannot open the model's weights /proc/nowhere.safetensors") && Contains("copy both"));
}

TEST_CASE("weights file: whatever bytes it has, tensors lie inside it, or it is refused") {
  std::mt19937 random(11);
  const test::ScratchFolder folder;
  std::size_t read = 0;
  for (int round = 0; round < 3000; ++round) {
    auto content = good();
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const auto at = random() % content.size();
      random() % 4 == 0
          ? content.erase(at, 1 + random() % 4).size()
          : static_cast<std::size_t>(content[at] = "0123456789[]{},:\"-FBI\0\xff"[random() % 23]);
    }
    try {
      const WeightsFile file(folder.write("w.safetensors", content), kDigest);
      ++read;
      for (const auto& tensor : file.tensors()) {
        CHECK(tensor.begin + tensor.bytes <= file.bytes());
        CHECK(tensor.bytes == element_count(tensor.shape) * dtype_size(tensor.dtype));
      }
    } catch (const UsageError&) {
    }
  }
  CHECK(read > 100);  // what was changed did not matter
}

}  // namespace infer
