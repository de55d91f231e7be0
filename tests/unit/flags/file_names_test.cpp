#include "flags/file_names.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;

namespace {

std::string refusal(const std::string& flag, const std::string& name) {
  return message_of<UsageError>([&] { check_file_name(flag, name); });
}

}  // namespace

TEST_CASE("file names: names that promise nothing else are fine") {
  for (const std::string name : {"-", "a.jsonl", "a.ndjson", "a.json", "a.txt", "a.out", "a", "a.npy", "v1.2",
                                 "x.parquet/a.jsonl", "/dev/null", "rows.csv.jsonl", ".csv"}) {
    INFO(name);
    CHECK_NOTHROW(check_file_name("--output", name));
  }
}

TEST_CASE("file names: one of another format is refused with what is written instead") {
  for (const std::string name : {"a.parquet", "a.csv", "a.CSV", "a.npz", "a.arrow", "a.feather", "a.xlsx"}) {
    INFO(name);
    CHECK_THAT(refusal("--output", name), Contains("--output " + name) && Contains(".jsonl"));
  }
  CHECK_THAT(refusal("--errors", "a.csv"), Contains("infer does not write csv"));
  CHECK_THAT(refusal("--errors", "a.npy"), Contains("infer does not write npy"));
}

TEST_CASE("file names: a compressed one is refused, and an array is spelt in small letters") {
  for (const std::string name : {"a.jsonl.gz", "a.zst", "a.Z", "a.bz2"}) {
    INFO(name);
    CHECK_THAT(refusal("--output", name), Contains("not compressed"));
    CHECK_THAT(refusal("--trace", name), Contains("--trace " + name));
  }
  CHECK_THAT(refusal("--output", "a.NPY"), Contains("spell it so"));
}
