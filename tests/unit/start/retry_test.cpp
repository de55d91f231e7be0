#include "start/earlier/retry.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

#include "base/error.hpp"
#include "encoder/npy.hpp"
#include "encoder/output_packing.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

std::string error_of(const std::string& file, std::uint64_t line, std::uint64_t offset) {
  return R"({"code":"bad","message":"m","file":")" + file + R"(","line":)" + std::to_string(line) +
         R"(,"offset":)" + std::to_string(offset);
}

/// A line of the errors file.
std::string listed(const std::string& file, std::uint64_t line, std::uint64_t offset, std::uint64_t row) {
  return error_of(file, line, offset) + ",\"row\":" + std::to_string(row) + "}\n";
}

/// In chunks of one record.
std::vector<SelectedRecord> failed_records(const RunConfig& config) {
  std::vector<SelectedRecord> records;
  const auto selected = find_failed_records(config, [&](const SelectedRecord& record) {
    records.push_back(record);
    return records.size();
  });
  CHECK(selected.records() == records.size());
  CHECK(selected.chunks().size() == records.size());
  return records;
}

std::vector<SelectedRecord> found(const std::vector<std::string>& inputs, const std::string& errors) {
  const ScratchFolder folder;
  RunConfig config;
  config.input.files = inputs;
  config.output.path = folder.write("out", "");
  config.output.errors = folder.write("err", errors);
  return failed_records(config);
}

using Places = std::vector<std::vector<std::uint64_t>>;

/// File, offset, line from 0, number.
Places places(const std::vector<SelectedRecord>& records) {
  Places all;
  for (const auto& each : records) all.push_back({each.file, each.offset, each.line, each.number});
  return all;
}

}  // namespace

TEST_CASE("retry: nothing failed, nothing is selected") { CHECK(found({"a"}, "").empty()); }

TEST_CASE("retry: failed records are found by their file among the inputs, lines from 0") {
  CHECK(places(found({"a", "b", "c"}, listed("a", 1, 0, 0) + listed("a", 3, 20, 2) + listed("c", 7, 5, 9))) ==
        Places{{0, 0, 0, 0}, {0, 20, 2, 2}, {2, 5, 6, 9}});
}

TEST_CASE("retry: of an input that is given twice, the second begins where offsets fall, or stay the same") {
  CHECK(places(found({"a", "a"}, listed("a", 1, 0, 0) + listed("a", 3, 20, 2) + listed("a", 1, 0, 5))) ==
        Places{{0, 0, 0, 0}, {0, 20, 2, 2}, {1, 0, 0, 5}});
  CHECK(places(
            found({"a", "a", "a"}, listed("a", 3, 20, 2) + listed("a", 3, 20, 7) + listed("a", 3, 20, 12))) ==
        Places{{0, 20, 2, 2}, {1, 20, 2, 7}, {2, 20, 2, 12}});
  CHECK(
      places(found({"a", "b", "a"}, listed("a", 3, 20, 2) + listed("b", 1, 0, 7) + listed("a", 3, 20, 12))) ==
      Places{{0, 20, 2, 2}, {1, 0, 0, 7}, {2, 20, 2, 12}});
}

TEST_CASE("retry: a file that is no input, or not in that order, is a usage error that names it") {
  CHECK_THAT(message_of<UsageError>([] { found({"a"}, listed("x", 1, 0, 0)); }),
             Contains("a record of x failed, which is not among the inputs"));
  CHECK_THAT(message_of<UsageError>([] {
               found({"a", "b"}, listed("b", 1, 0, 0) + listed("a", 1, 0, 1));
             }),
             Contains("a record of a failed") && Contains("in that order"));
  CHECK_THAT(message_of<UsageError>([] { found({"a"}, listed("a", 3, 20, 2) + listed("a", 3, 20, 7)); }),
             Contains("a record of a failed"));
}

TEST_CASE("retry: a list that is out of order, or names a record twice, is a usage error") {
  for (const std::uint64_t second : {5U, 4U, 0U}) {
    CHECK_THAT(message_of<UsageError>([&] {
                 found({"a", "b"}, listed("a", 3, 20, 5) + listed("b", 1, 0, second));
               }),
               Contains("record " + std::to_string(second) + " is said to have failed after record 5"));
  }
}

TEST_CASE("retry: without an errors file the output itself tells, but not what it left out or an array") {
  const ScratchFolder folder;
  RunConfig config;
  config.input.files = {"a"};
  config.output.path =
      folder.write("out", "{\"id\":0}\n{\"id\":1,\"error\":" + error_of("a", 2, 10) + "}}\n");
  CHECK(places(failed_records(config)) == Places{{0, 10, 1, 1}});
  config.output.on_error = OnError::skip;
  CHECK_THROWS_AS(failed_records(config), UsageError);
  config.output.on_error = OnError::record;
  config.output.path = folder.write("out.npy", "");
  CHECK_THROWS_AS(failed_records(config), UsageError);
}

TEST_CASE("retry: rows lie by lines, or behind the header of an array by their size") {
  EncoderConfig config;
  const auto selected = std::make_shared<const Selection>();
  auto retry = retry_config(config, selected);
  CHECK(retry.in_place);
  CHECK(retry.selected == selected);
  CHECK(retry.layout.header_bytes == 0);
  CHECK(retry.layout.row_bytes == 0);
  config.on_error = OnError::skip;
  CHECK_FALSE(retry_config(config, selected).in_place);
  config.on_error = OnError::record;
  config.format = &output_format("x.npy");
  config.rows.npy_dtype = DType::float16;
  config.rows.result.width = 5;
  retry = retry_config(config, selected);
  CHECK(retry.layout.header_bytes == npy_header(DType::float16, 1, 5).size());
  CHECK(retry.layout.row_bytes == 10);
}

TEST_CASE("retry: what is packed, and parts, tell themselves what failed") {
  const ScratchFolder folder;
  RunConfig config;
  config.input.files = {"a"};
  const auto rows = "{\"id\":0}\n{\"id\":1,\"error\":" + error_of("a", 2, 10) + "}}\n";
  config.output.path = folder.write(
      "out.jsonl.zst", output_packing(".zst")->pack(rows) + output_packing(".zst")->pack("{\"id\":2}\n"));
  CHECK(places(failed_records(config)) == Places{{0, 10, 1, 1}});

  ManifestPart good{"good.jsonl", 5, 0, 5, 0, {}, {}, 0, 0};  // not looked into
  ManifestPart bad{"bad.jsonl", 2, 1, 2, 5, {}, {}, rows.size(), 0};
  ManifestSum sum;
  for (const auto* part : {&good, &bad}) sum.add(*part);
  config.output.dir = folder.path("");
  config.output.path =
      folder.write("manifest.json", manifest_begin({"1", "jsonl", 0, {}}) + manifest_line(good, true) +
                                        manifest_line(bad, false) + manifest_end(sum));
  folder.write("bad.jsonl", rows);
  CHECK(places(failed_records(config)) == Places{{0, 10, 1, 6}});
  config.output.path = folder.write("manifest.json", "{}");
  CHECK_THAT(message_of<UsageError>([&] { failed_records(config); }),
             Contains("manifest.json is damaged") && Contains("--overwrite"));
}

TEST_CASE("retry: chunks show in what consists of pieces, but not where records were left out") {
  OutputOptions output;
  for (const auto& [path, is_in_it] : std::initializer_list<std::pair<const char*, bool>>{
           {"a.jsonl", false}, {"a.npy", false}, {"a.csv", false}, {"a.csv.gz", true}, {"a.zst", true}}) {
    output.path = path;
    output.on_error = OnError::record;
    CHECK(is_in_pieces(output) == is_in_it);
    CHECK_FALSE(shows_no_chunks(output));
    output.on_error = OnError::skip;
    CHECK(shows_no_chunks(output) == is_in_it);
  }
}

TEST_CASE("retry: a run's record says how many chunks a part had") {
  RunRecord run;
  run.chunk_bytes = 1000;
  CHECK(earlier_part_chunks(run) == 0);
  run.facts = {{"--part-bytes", "4000", true}};
  CHECK(earlier_part_chunks(run) == 4);
  run.facts = {{"--part-bytes", "none", true}};
  CHECK(earlier_part_chunks(run) == 0);
}

TEST_CASE("retry: writes anew the parts in which something failed, or all where they are cut anew") {
  Selection failed;
  for (const std::uint64_t number : {3U, 4U, 9U}) failed.add({0, number, number, number}, 0);
  RetryConfig retry;
  retry.selected = std::make_shared<const Selection>(std::move(failed));
  retry.parts.emplace();
  for (std::uint64_t i = 0; i < 4; ++i) {
    ManifestPart part;
    part.first_record = 3 * i;
    part.records = 3;
    part.bytes = 10 + i;
    retry.parts->earlier.push_back(part);
  }
  CHECK(retry_work({}, retry).parts == 2);
  CHECK(retry_work({}, retry).bytes == 11 + 13);
  retry.parts->is_cut_anew = true;
  CHECK(retry_work({}, retry).parts == 4);
}
