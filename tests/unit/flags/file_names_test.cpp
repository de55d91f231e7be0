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
  for (const std::string name :
       {"-", "a.jsonl", "a.ndjson", "a.json", "a.txt", "a.out", "a", "a.npy", "v1.2", "x.parquet/a.jsonl",
        "/dev/null", "rows.csv.jsonl", ".csv", "a.csv", "a.jsonl.gz", "a.csv.zst", "a.gz"}) {
    INFO(name);
    CHECK_NOTHROW(check_file_name("--output", name));
  }
}

TEST_CASE("file names: one of another format is refused with what is written instead") {
  for (const std::string name :
       {"a.orc", "a.parq", "a.tsv", "a.tsv.gz", "a.npz", "a.arrow", "a.feather", "a.xlsx"}) {
    INFO(name);
    CHECK_THAT(refusal("--output", name), Contains("--output " + name.substr(0, 5)) && Contains(".jsonl"));
  }
  CHECK_THAT(refusal("--errors", "a.csv"), Contains("infer does not write csv"));
  CHECK_THAT(refusal("--errors", "a.npy"), Contains("infer does not write npy"));
}

TEST_CASE("file names: what is packed otherwise, or is not to be packed, is refused") {
  for (const std::string name : {"a.jsonl.GZ", "a.zstd", "a.Z", "a.bz2", "a.tar.gz"}) {
    INFO(name);
    CHECK_THAT(refusal("--output", name), Contains("infer packs what is named .gz or .zst"));
  }
  CHECK_THAT(refusal("--output", "a.npy.gz"), Contains("a NumPy array is not packed; name it a.npy"));
  CHECK_THAT(refusal("--output", "a.parquet.gz"), Contains("Parquet is not packed; name it a.parquet"));
  for (const std::string name : {"a.jsonl.gz", "a.zst"}) {
    INFO(name);
    CHECK_THAT(refusal("--trace", name), Contains("--trace " + name) && Contains("not compressed"));
    CHECK_THAT(refusal("--errors", name), Contains("--errors " + name) && Contains("not compressed"));
  }
}

TEST_CASE("file names: a format is spelt in small letters") {
  CHECK_THAT(refusal("--output", "a.NPY"), Contains("spell it so"));
  CHECK_THAT(refusal("--output", "a.CSV"), Contains("spell it so"));
  CHECK_THAT(refusal("--output", "a.Csv.gz"), Contains("spell it so"));
}
