#include "signature/labels.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

TEST_CASE("labels: one per line, with or without a last newline") {
  const ScratchFolder folder;
  CHECK(read_labels(folder.write("a", "good\nbad\n")) == std::vector<std::string>{"good", "bad"});
  CHECK(read_labels(folder.write("b", "good\nbad")) == std::vector<std::string>{"good", "bad"});
  CHECK(read_labels(folder.write("c", "good\r\nvery bad\r\n")) ==
        std::vector<std::string>{"good", "very bad"});
  CHECK(read_labels(folder.write("d", "a\n\nb\n")) == std::vector<std::string>{"a", "", "b"});
  CHECK(read_labels("").empty());
}

TEST_CASE("labels: a missing and an empty file are usage errors") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<UsageError>([] { read_labels("/no/such/labels"); }),
             Contains("--labels /no/such/labels") && Contains("No such file"));
  CHECK_THAT(message_of<UsageError>([&] { read_labels(folder.write("e", "")); }), Contains("is empty"));
}

TEST_CASE("labels: a folder is a usage error that does not call it empty") {
  const ScratchFolder folder;
  const auto message = message_of<UsageError>([&] { read_labels(folder.path("")); });
  CHECK_THAT(message, Contains("--labels") && !Contains("is empty"));
}
