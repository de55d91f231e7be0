#include "reuse/reuse_index.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "reuse/build_reuse_index.hpp"
#include "unit/reuse/earlier_outputs.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::KeyedRow;
using infer::test::OutputShape;
using infer::test::ScratchFolder;
using infer::test::write_output;
using Row = std::optional<std::string_view>;

namespace {

ReuseIndex index_of(const std::vector<ReuseSource>& sources, const ScratchFolder& folder) {
  auto built = build_reuse_index(sources, folder.path("."));
  return ReuseIndex(built.path());
}

std::string refusal(const std::vector<ReuseSource>& sources, const ScratchFolder& folder) {
  try {
    index_of(sources, folder);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

const std::vector<KeyedRow> kRows{{{1, 9}, "{\"id\":1}\n"}, {{2, 9}, "{\"id\":2}\n"},
                                  {{3, 9}, "{\"id\":3}\n"}, {{4, 9}, "{\"id\":4}\n"},
                                  {{}, "{\"error\":5}\n"},  {{6, 9}, "{\"id\":6}\n"}};

std::size_t files_in(const ScratchFolder& folder) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path(".")))
    count += entry.exists() ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("reuse index: a row is found by its key, in any form of output") {
  const ScratchFolder folder;
  const auto shape = GENERATE(OutputShape{}, OutputShape{"header", 0, false, false, 2},
                              OutputShape{"header", 0, true, false, 4}, OutputShape{"", 0, false, true, 2},
                              OutputShape{"7:header\n", 0, true, true, 3});
  const auto index = index_of({write_output(folder, "out", kRows, shape)}, folder);
  CHECK(index.rows() == 5);
  for (const auto& [key, row] : kRows) CHECK(index.find(key) == (key.is_none() ? Row() : Row(row)));
  CHECK(index.find({5, 9}) == std::nullopt);
  CHECK(index.find({1, 8}) == std::nullopt);
}

TEST_CASE("reuse index: rows of one size need no ends") {
  const ScratchFolder folder;
  const std::vector<KeyedRow> rows{{{1, 1}, "a\nbc"}, {{2, 1}, "\n\n\n\n"}, {{}, "none"}, {{4, 1}, "wxyz"}};
  const OutputShape shape{"numpy", 4, false, GENERATE(false, true), 3};
  const auto index = index_of({write_output(folder, "out.npy", rows, shape)}, folder);
  CHECK(index.find({1, 1}) == Row("a\nbc"));
  CHECK(index.find({2, 1}) == Row("\n\n\n\n"));
  CHECK(index.find({4, 1}) == Row("wxyz"));
  CHECK(index.rows() == 3);
}

TEST_CASE("reuse index: a newline between quotes ends no row of CSV") {
  const ScratchFolder folder;
  const std::vector<KeyedRow> rows{
      {{1, 1}, "1,\"two\nlines \"\" \n\"\n"}, {{2, 1}, "2,\"\"\n"}, {{3, 1}, "\n"}, {{4, 1}, "4,x\n"}};
  const auto index =
      index_of({write_output(folder, "out.csv", rows, {"id,text\n", 0, true, false, 4})}, folder);
  for (const auto& [key, row] : rows) CHECK(index.find(key) == Row(row));
}

TEST_CASE("reuse index: of equal keys the first counts, of the outputs the one named first") {
  const ScratchFolder folder;
  const auto second = write_output(
      folder, "b", std::vector<KeyedRow>{{{2, 9}, "b2\n"}, {{7, 9}, "b7\n"}, {{7, 9}, "again\n"}}, {});
  const auto first = write_output(folder, "a", kRows, {});
  const auto none = write_output(folder, "none", std::vector<KeyedRow>{}, {});
  const auto index = index_of({none, first, none, second}, folder);
  CHECK(index.find({2, 9}) == Row("{\"id\":2}\n"));
  CHECK(index.find({7, 9}) == Row("b7\n"));
  CHECK(index.rows() == 6);
  CHECK(index_of({second, first}, folder).find({2, 9}) == Row("b2\n"));
  CHECK(index_of({none}, folder).find({2, 9}) == std::nullopt);
  CHECK(index_of({}, folder).find({2, 9}) == std::nullopt);
}

TEST_CASE("reuse index: what is open needs no names, and nothing is left behind") {
  const ScratchFolder folder;
  const auto source = write_output(folder, "out.gz", kRows, {"", 0, false, true, 2});
  const auto index = index_of({source}, folder);
  CHECK(files_in(folder) == 2);
  std::filesystem::remove(source.output);
  std::filesystem::remove(source.keys);
  for (const auto& [key, row] : kRows) CHECK(index.find(key) == (key.is_none() ? Row() : Row(row)));
}

TEST_CASE("reuse index: threads look for rows beside each other") {
  const ScratchFolder folder;
  const auto index = index_of({write_output(folder, "out", kRows, {})}, folder);
  std::atomic<int> found = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        for (int round = 0; round < 1000; ++round)
          for (const auto& [key, row] : kRows) found += index.find(key) == Row(row) ? 1 : 0;
      });
  }
  CHECK(found == 3 * 1000 * 5);
}

TEST_CASE("reuse index: an output that is not as it was written is refused by name") {
  const ScratchFolder folder;
  const auto source = write_output(folder, "out", kRows, {});
  const auto text = folder.read("out");
  CHECK(refusal({source}, folder) == "none");
  folder.write("out", text + "more\n");
  CHECK_THAT(refusal({source}, folder),
             Contains(source.output + ": it has 62 bytes, but its keys (" + source.keys + ") are of 57"));
  auto changed = text;
  changed[30] = '7';
  folder.write("out", changed);
  CHECK_THAT(refusal({source}, folder),
             Contains(source.output + ": its bytes 27 to 57 are not those that its keys"));
  std::filesystem::remove(source.output);
  CHECK_THAT(refusal({source}, folder), Contains(source.output) && Contains("No such file"));
}

TEST_CASE("reuse index: damaged keys are refused by name") {
  const ScratchFolder folder;
  const auto source = write_output(folder, "out", kRows, {});
  auto keys = folder.read("out.keys");
  keys[keys.size() - 20] ^= 4;
  folder.write("out.keys", keys);
  CHECK_THAT(refusal({source}, folder), Contains(source.keys) && Contains("damaged at byte"));
}

TEST_CASE("reuse index: keys whose rows are of another form are refused") {
  const ScratchFolder folder;
  auto source = write_output(folder, "out", kRows, {});
  source.row_bytes = 8;
  CHECK_THAT(refusal({source}, folder), Contains("are not the 3 rows that its keys"));
  source.row_bytes = 0;
  source.unpack = infer::test::unpacked;
  CHECK_THAT(refusal({source}, folder),
             Contains("cannot be unpacked (no packed text)") || Contains("no whole pieces"));
}

TEST_CASE("reuse index: rows that do not follow one another are refused") {
  const ScratchFolder folder;
  const std::string keys(16, 'k');
  const ReuseSource source{
      folder.write("out", "a\n?b\n"),
      folder.write("out.keys", keys_head({{}, 2, 5}) + keys_block({1, 0, 2, digest_of("a\n")}, keys) +
                                   keys_block({1, 3, 5, digest_of("b\n")}, keys))};
  CHECK_THAT(refusal({source}, folder), Contains("its bytes 3 to 5 are not the 1 rows that its keys"));
}

TEST_CASE("reuse index: an output that is written again before the index is opened is refused") {
  const ScratchFolder folder;
  const auto source = write_output(folder, "out", kRows, {});
  const auto text = folder.read("out");
  auto built = build_reuse_index(std::span(&source, 1), folder.path("."));
  const ReuseIndex before(built.path());
  folder.write("out", text + "more\n");
  CHECK_THROWS_WITH(ReuseIndex(built.path()), Contains(source.output) && Contains("changed while"));
}

TEST_CASE("reuse index: a folder that cannot be written is said to be so") {
  const ScratchFolder folder;
  const auto source = write_output(folder, "out", kRows, {});
  CHECK_THROWS_WITH(build_reuse_index(std::span(&source, 1), folder.path("none")),
                    Contains("/none") && Contains("TMPDIR"));
}
