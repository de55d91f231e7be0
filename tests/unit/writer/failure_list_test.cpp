#include "writer/failure_list.hpp"

#include <catch2/catch.hpp>
#include <ostream>

#include "base/error.hpp"
#include "config/choices.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

namespace infer {

std::ostream& operator<<(std::ostream& out, const FailedRecord& record) {
  return out << record.file << ':' << record.line << '@' << record.offset << " row " << record.row;
}

}  // namespace infer

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

constexpr const char* kError = R"({"code":"bad","message":"m","file":"a.jsonl","line":12,"offset":345)";

std::vector<FailedRecord> listed(const OutputNames& names, bool in_place) {
  std::vector<FailedRecord> failures;
  const auto rows = in_place ? std::optional(ErrorRows{{{names.output, 0}}, std::nullopt}) : std::nullopt;
  read_failures(names.errors, rows, [&](const FailedRecord& failed) { failures.push_back(failed); });
  return failures;
}

std::vector<FailedRecord> from_errors(const std::string& content) {
  const ScratchFolder folder;
  return listed({"nowhere.jsonl", folder.write("err", content)}, true);
}

std::vector<FailedRecord> from_output(const std::string& content) {
  const ScratchFolder folder;
  return listed({folder.write("out", content), std::nullopt}, true);
}

std::string refusal(const std::string& content) {
  return message_of<UsageError>([&] { from_errors(content); });
}

}  // namespace

TEST_CASE("failure list: an empty errors file and an output without errors say that nothing failed") {
  CHECK(from_errors("").empty());
  CHECK(from_output("").empty());
  CHECK(from_output("{\"id\":1,\"outputs\":{\"y\":2}}\n").empty());
}

TEST_CASE(
    "failure list: the errors file says where each record is, in its own fields, not in those passed "
    "through") {
  const std::string carried = R"({"id":7,"row":99999,"file":"mine","offset":{"x":1},)";
  const auto text = carried + std::string(kError).substr(1) + ",\"row\":6}\n" + kError + ",\"row\":7}";
  CHECK(from_errors(text) == std::vector<FailedRecord>{{"a.jsonl", 345, 12, 6}, {"a.jsonl", 345, 12, 7}});
}

TEST_CASE("failure list: the errors file is asked, not the output, when both are there") {
  const ScratchFolder folder;
  const OutputNames names{folder.write("out", "{\"error\":" + std::string(kError) + "}}\n"),
                          folder.write("err", "")};
  CHECK(listed(names, true).empty());
  CHECK(listed(names, false).empty());
}

TEST_CASE("failure list: in an output the number of its line is the record's") {
  const auto row = std::string("{\"id\":1,\"error\":") + kError + "}}\n";
  const auto failures = from_output("{\"id\":0}\n" + row + "{\"id\":2}\n{\"id\":3}\n" + row);
  CHECK(failures == std::vector<FailedRecord>{{"a.jsonl", 345, 12, 1}, {"a.jsonl", 345, 12, 4}});
}

TEST_CASE("failure list: what only looks like an error row is none") {
  for (const std::string row :
       {R"({"text":"\"error\":{"})", R"({"nested":{"error":{"file":"a","offset":1,"line":1}}})",
        R"({"error":"text","x":"\"error\":{"})", R"({"error":{"file":"a","offset":1,"line":1},"outputs":{}})",
        R"({"error":{"mine":1},"outputs":{}})"}) {
    INFO(row);
    CHECK(from_output(row + "\n").empty());
  }
}

TEST_CASE("failure list: rows of one's own field named so, beside ours, are still found") {
  const auto row = std::string("{\"error\":{\"mine\":1},\"error\":") + kError + "}}\n";
  CHECK(from_output(row) == std::vector<FailedRecord>{{"a.jsonl", 345, 12, 0}});
}

TEST_CASE("failure list: a failed row whose fields no other parser would take is still one") {
  for (const std::string id :
       {"123456789012345678901234567890", "1e5", "-0", "\"\\u00e9\"", "[[[]]]", "18446744073709551616"}) {
    INFO(id);
    const auto carried = "{\"id\":" + id + ",";
    const auto error = std::string(kError);
    CHECK(from_output(carried + "\"error\":" + error + "}}\n") ==
          std::vector<FailedRecord>{{"a.jsonl", 345, 12, 0}});
    CHECK(from_errors(carried + error.substr(1) + ",\"row\":6}\n") ==
          std::vector<FailedRecord>{{"a.jsonl", 345, 12, 6}});
  }
}

TEST_CASE(
    "failure list: a row that must be a failed one and does not say which is refused, not passed over") {
  for (const std::string row :
       {R"({"error":{"file":7}})", R"({"id":1,"error":{"code":"x","message":"m","file":"a","li)",
        R"({"error":{"file":"a","line":1,"offset":2}} x)", R"({"id":nonsense,"x":[}],"error":{)"}) {
    INFO(row);
    CHECK_THAT(message_of<UsageError>([&] { from_output("{\"id\":1}\n" + row + "\n"); }),
               Contains("/out:2 does not say which record failed") && Contains("--overwrite"));
  }
}

TEST_CASE("failure list: an errors file that does not say it all is refused by line, with the remedy") {
  for (const std::string broken :
       {"{}", "", "nonsense", R"({"file":"a","line":1,"offset":2})",
        R"({"file":7,"line":1,"offset":2,"row":3})", R"({"file":"a","line":1,"offset":-2,"row":3})",
        R"({"file":"a","line":"1","offset":2,"row":3})", "[]", "7"}) {
    INFO(broken);
    const auto text = refusal(std::string(kError) + ",\"row\":6}\n" + broken + "\n");
    CHECK_THAT(text, Contains("/err:2 does not say which record failed") && Contains("--overwrite"));
  }
}

TEST_CASE("failure list: one that is not there is a usage error") {
  CHECK_THAT(message_of<UsageError>([] {
               listed({"out", "/no/such/err"}, true);
             }),
             Contains("cannot open /no/such/err: No such file or directory"));
  CHECK_THAT(message_of<UsageError>([] {
               listed({"/no/such/out", std::nullopt}, true);
             }),
             Contains("cannot open /no/such/out"));
}

TEST_CASE("failure list: what was left out is told by an errors file only") {
  const ScratchFolder folder;
  const OutputNames names{folder.write("out", "{}\n"), std::nullopt};
  CHECK_THAT(message_of<UsageError>([&] { listed(names, false); }),
             Contains("--on-error skip") && Contains("--errors"));
}
