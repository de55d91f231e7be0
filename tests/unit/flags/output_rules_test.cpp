#include "flags/output_rules.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

RunConfig writing(const std::string& path) {
  RunConfig config;
  config.output.path = path;
  return config;
}

RunConfig completed(RunConfig config, bool others_have_fields = false) {
  detail::complete_output(config, others_have_fields);
  return config;
}

std::string refusal(const RunConfig& config) {
  return test::message_of<UsageError>([&] { completed(config); });
}

}  // namespace

TEST_CASE("output rules: errors get a file of their own only where rows have no place for them") {
  CHECK_FALSE(completed(writing("o.jsonl")).output.errors.has_value());
  CHECK(completed(writing("o.npy")).output.errors == "o.npy.errors.jsonl");
  auto named = writing("o.npy");
  named.output.errors = "failed.jsonl";
  CHECK(completed(named).output.errors == "failed.jsonl");
  auto parts = writing("parts/manifest.json");
  parts.output.dir = "parts";
  parts.output.format = "npy";
  CHECK(completed(parts).output.errors == "parts/errors.jsonl");
}

TEST_CASE("output rules: copied fields need a place, be it in the errors or beside another model's rows") {
  auto config = writing("o.npy");
  config.input.passthrough = {"id"};
  CHECK_THAT(refusal(config), Contains("--passthrough and --output o.npy") && Contains("place for fields"));
  CHECK_NOTHROW(completed(config, true));
  config.output.errors = "failed.jsonl";
  CHECK_NOTHROW(completed(config));
}

TEST_CASE("output rules: no two files of a run have one name, however it is written") {
  auto config = writing("out/../o.jsonl");
  config.output.errors = "o.jsonl";
  CHECK_THAT(refusal(config), Contains("--errors and --output name the same file"));
  config.output.errors = "e.jsonl";
  config.output.trace = "./e.jsonl";
  CHECK_THAT(refusal(config), Contains("--trace and --output or --errors"));
}

TEST_CASE("output rules: a report is told by its name, and metrics are replaced, so they need a file") {
  auto config = writing("o.jsonl");
  config.output.report = "report.txt";
  CHECK_THAT(refusal(config), Contains("--report report.txt: name a file that ends in .html"));
  config.output.report = "report.html";
  config.output.metrics_file = "-";
  CHECK_THAT(refusal(config), Contains("--metrics-file -: name a file"));
}

TEST_CASE("output rules: nothing is written into a folder that is an input") {
  const test::ScratchFolder folder;
  std::filesystem::create_directory(folder.path("in"));
  auto config = writing(folder.path("in/o.jsonl"));
  config.input.files = {folder.path("in")};
  CHECK_THAT(refusal(config), Contains("--output " + config.output.path + " lies in the folder"));
  config.output.path = folder.path("o.jsonl");
  CHECK_NOTHROW(completed(config));
  config.output.report = folder.path("in/deep/report.html");
  CHECK_THAT(refusal(config), Contains("--report") && Contains("lies in the folder"));
}
