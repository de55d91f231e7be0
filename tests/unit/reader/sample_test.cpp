#include "reader/sample.hpp"

#include <catch2/catch.hpp>

#include "unit/base/scratch_folder.hpp"

using namespace infer;
using infer::test::ScratchFolder;

namespace {

constexpr std::size_t kNoLimit = 1 << 20;

std::vector<std::string> sample_of(const std::vector<std::string>& contents) {
  const ScratchFolder folder;
  std::vector<InputFile> files;
  for (const auto& content : contents)
    files.push_back(stat_input(folder.write("part" + std::to_string(files.size()), content)));
  const auto chunk = read_sample(files, kNoLimit);
  std::vector<std::string> records;
  for (const auto& record : chunk.records) records.emplace_back(chunk.text(record));
  return records;
}

using Records = std::vector<std::string>;

}  // namespace

TEST_CASE("sample: the first records of the first file") {
  CHECK(sample_of({"a\nb\n", "c\n"}) == Records{"a", "b"});
}

TEST_CASE("sample: files that are empty or blank are passed over") {
  CHECK(sample_of({"", "\n  \n", "c\n"}) == Records{"c"});
  CHECK(sample_of({"\n", ""}).empty());
  CHECK(sample_of({}).empty());
}

TEST_CASE("sample: begins where the blank lines end, however many there are") {
  CHECK(sample_of({std::string(2'500'000, '\n') + "a\nb\n"}) == Records{"a", "b"});
}

TEST_CASE("sample: no more than a megabyte of records") {
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "0123456789\n";
  CHECK(sample_of({many}).size() == (1U << 20U) / 11 + 1);
}
