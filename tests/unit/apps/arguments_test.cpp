#include "command_line/arguments.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

using Words = std::vector<std::string>;

const std::vector<FlagForm> kFlags{{{"output"}, {"o"}},        {{"errors"}, {}},
                                   {{"max-batch-size"}, {}},   {{"id-field"}, {}, true, true},
                                   {{"overwrite"}, {}, false}, {{"quiet"}, {"q"}, false}};

std::string refusal(const Words& words) {
  return message_of<UsageError>([&] { with_whole_values(kFlags, words); });
}

}  // namespace

TEST_CASE("arguments: what has a value stays as it is") {
  for (const auto& words :
       {Words{"-o", "x", "--errors=e", "--quiet"}, Words{"--output", "-", "-q"},
        Words{"--output=--overwrite"}, Words{"-ox", "extra"}, Words{"--output", "-5"},
        Words{"--unknown=", "--unknown", ""}, Words{"--output"}, Words{"--errors=a=b"}, Words{}}) {
    CHECK(with_whole_values(kFlags, words) == words);
  }
}

TEST_CASE("arguments: an empty value is refused, in every form") {
  for (const auto& words : {Words{"--output=", "--overwrite"}, Words{"--output=", "x"}, Words{"--output", ""},
                            Words{"-o", "", "-q"}, Words{"--overwrite="}}) {
    CHECK_THAT(refusal(words), Contains("is given an empty value"));
  }
  CHECK_THAT(refusal({"--output=", "--overwrite"}), Contains("--output is"));
}

TEST_CASE("arguments: a flag is no value of another one") {
  CHECK_THAT(refusal({"--output", "--overwrite"}), Contains("--output has no value: --overwrite follows"));
  CHECK_THAT(refusal({"-o", "-q"}), Contains("-o has no value: -q follows"));
  CHECK_THAT(refusal({"-o", "--anything"}), Contains("is written --output=--anything"));
}

TEST_CASE("arguments: a flag that may be empty gets its empty value and not what follows") {
  CHECK(with_whole_values(kFlags, {"--id-field=", "-q"}) == Words{"--id-field", "", "-q"});
  CHECK(with_whole_values(kFlags, {"--id-field", "", "-q"}) == Words{"--id-field", "", "-q"});
}

TEST_CASE("variables: those of flags, kernels and tests mean something") {
  CHECK(unknown_variables(kFlags, {"HOME", "INFER", "INFER_OUTPUT", "INFER_MAX_BATCH_SIZE", "INFER_ATTENTION",
                                   "INFER_TEST_SHARE_GPU"})
            .empty());
}

TEST_CASE("variables: another of our prefix is named") {
  CHECK(unknown_variables(kFlags, {"INFER_IMAGE", "INFER_OUTPUT"}) == Words{"INFER_IMAGE"});
}

TEST_CASE("variables: one that is a flag's but for a letter or an underscore is refused") {
  for (const std::string name :
       {"INFER_MAX_BATCHSIZE", "INFER_OUTPUTS", "INFER_MAX_BACH_SIZE", "INFER_ERROR"}) {
    INFO(name);
    CHECK_THAT(message_of<UsageError>([&] { unknown_variables(kFlags, {name}); }),
               Contains(name + " is set") && Contains(" is one; rename it"));
  }
}
