#include "model_file/package_facts.hpp"

#include "base/error.hpp"
#include "unit/model/fixtures.hpp"

namespace infer {
namespace {

using Catch::Contains;

std::string refusal(const detail::PackageFacts& facts) {
  return test::message_of<UsageError>([&] { detail::check_machine(facts, "net.pt2"); });
}

}  // namespace

TEST_CASE("package: instruction sets are compared by /proc/cpuinfo's words") {
  const std::string cpuinfo = "flags\t\t: fpu avx2 avx512f avx512_vnni";
  CHECK(detail::missing_features("AVX512 AVX512_VNNI", cpuinfo).empty());
  CHECK(detail::missing_features("AVX512 AVX512_VNNI AMX_TILE", cpuinfo) == "AMX_TILE");
  CHECK(detail::missing_features("AVX512 AMX_TILE", "flags : avx2") == "AVX512 AMX_TILE");
  CHECK(detail::missing_features("", cpuinfo).empty());
  CHECK(detail::missing_features("ASIMD", "Features : fp").empty());  // every 64-bit ARM has it
}

TEST_CASE("package: one for another machine or a newer CPU is refused") {
  CHECK_THAT(refusal({"cpu", "", "riscv128", ""}), Contains("compiled for riscv128, but this is a "));
  CHECK_THAT(
      refusal({"cpu", "AVX9000", "", ""}),
      Contains("compiled for a CPU with AVX9000, but this CPU lacks AVX9000") && Contains("compile it on"));
  CHECK_NOTHROW(detail::check_machine({"cuda", "AVX9000", "", "9.0"}, "net.pt2"));
  CHECK_NOTHROW(detail::check_machine({"cpu", "", "", ""}, "net.pt2"));
}

TEST_CASE("package: what it was compiled for is read, and refused where it is no text") {
  const auto facts =
      detail::parse_package_facts(R"({"AOTI_DEVICE_KEY": "cpu", "AOTI_MACHINE": "x86_64"})", "");
  CHECK(facts.device == "cpu");
  CHECK(facts.machine == "x86_64");
  CHECK(facts.cpu_isa.empty());
  for (const auto* bad : {"{x", "[]", R"({"AOTI_DEVICE_KEY": 1})"})
    CHECK_THAT(test::message_of<UsageError>([&] { detail::parse_package_facts(bad, "net.pt2"); }),
               Contains("net.pt2: cannot read what the package was compiled for"));
}

TEST_CASE("package: the call specification gives flat arguments, keywords with names") {
  const auto arguments =
      detail::arguments_of_spec(R"([1, {"type": "builtins.tuple", "context": "null", "children_spec": [)"
                                R"({"type": "builtins.tuple", "context": "null", "children_spec": [)"
                                R"({"type": null, "context": null, "children_spec": []},)"
                                R"({"type": "builtins.list", "context": "null", "children_spec": [)"
                                R"({"type": null, "context": null, "children_spec": []}]}]},)"
                                R"({"type": "builtins.dict", "context": "[\"mask\"]", "children_spec": [)"
                                R"({"type": null, "context": null, "children_spec": []}]}]}])",
                                "net.pt2");
  REQUIRE(arguments.size() == 3);
  CHECK(arguments[0].name.empty());
  CHECK(arguments[1].name.empty());
  CHECK(arguments[2].name == "mask");
}

TEST_CASE("package: a call specification that cannot be read is refused") {
  CHECK_THROWS_AS(detail::arguments_of_spec("not JSON", "net.pt2"), UsageError);
  CHECK_THAT(test::message_of<UsageError>([] { detail::arguments_of_spec("[1]", "net.pt2"); }),
             Contains("net.pt2: cannot read the package's list of inputs"));
}

}  // namespace infer
