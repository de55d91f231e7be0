#include "check/check_report.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "check/bytes_text.hpp"

using namespace infer;

TEST_CASE("check report: the remedy of a message stands behind its last semicolon") {
  CHECK(finding_of(Verdict::warn, "a is b; c is d; do this") ==
        Finding{Verdict::warn, "a is b; c is d", "do this"});
  CHECK(finding_of(Verdict::fail, "cannot open a.jsonl") == Finding{Verdict::fail, "cannot open a.jsonl"});
  CHECK(failure(UsageError("no; yes")) == Finding{Verdict::fail, "no", "yes"});
  CHECK_FALSE(failure(std::bad_alloc()).found.empty());
}

TEST_CASE("check report: a row of the table stays on its line whatever it quotes") {
  CHECK(table_head() == "what      | how  | what was found | what to do\n");
  CHECK(table_row({"disk", {Verdict::ok, "room"}}) == "disk      | ok   | room\n");
  CHECK(table_row({"signature", {Verdict::fail, "a\nb", "c"}}) == "signature | fail | a\\nb | c\n");
}

TEST_CASE("check report: the object has the heaviest verdict and every line") {
  CHECK(check_json({}) == "{\"verdict\":\"ok\",\"lines\":[]}\n");
  const std::vector<CheckLine> lines{{"a", {Verdict::warn, "\"x\"", "y"}}, {"b", {Verdict::ok, "z"}}};
  CHECK(check_json(lines) ==
        "{\"verdict\":\"warn\",\"lines\":[{\"name\":\"a\",\"verdict\":\"warn\",\"found\":\"\\\"x\\\"\","
        "\"remedy\":\"y\"},"
        "{\"name\":\"b\",\"verdict\":\"ok\",\"found\":\"z\",\"remedy\":\"\"}]}\n");
}

TEST_CASE("check report: sizes have three digits and a unit") {
  CHECK(bytes_text(0) == "0 bytes");
  CHECK(bytes_text(999) == "999 bytes");
  CHECK(bytes_text(1000) == "1 kB");
  CHECK(bytes_text(12'345'678) == "12.3 MB");
  CHECK(bytes_text(999'900) == "1 MB");
}
