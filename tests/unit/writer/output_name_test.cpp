#include "writer/output_name.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

TEST_CASE("output name: a check touches nothing, and finds what could not work") {
  const ScratchFolder folder;
  CHECK_NOTHROW(check_output(folder.path("out.jsonl")));
  CHECK_NOTHROW(check_output("-", true));
  CHECK_NOTHROW(check_output("/dev/null"));
  CHECK(std::filesystem::is_empty(folder.path("")));
  CHECK_THAT(message_of<UsageError>([&] { check_output(folder.path("")); }), Contains("it is a folder"));
  CHECK_THAT(message_of<UsageError>([&] { check_output(folder.path("no/out")); }),
             Contains("No such file or directory"));
  CHECK_THAT(message_of<UsageError>([&] { check_output("s3://bucket/out.jsonl"); }),
             Contains("infer opens no addresses") && Contains("--output -"));
  CHECK_THAT(message_of<UsageError>([&] { check_output("/dev/null", true); }), Contains("pipe or a device"));
}

TEST_CASE("output name: publishing what is not there is a run error") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<RunError>([&] { publish(output_path(folder.path("out")), Existing::stays); }),
             Contains("cannot rename"));
}

TEST_CASE("output name: what appears under its name stays, unless it is to be replaced or is empty") {
  const ScratchFolder folder;
  folder.write("out.partial", "row\n");
  folder.write("out", "of somebody else");
  const auto path = output_path(folder.path("out"));
  CHECK_THAT(name_problem(path, Existing::stays), Contains("out appeared while the run was on") &&
                                                      Contains("out.partial") && Contains("--resume") &&
                                                      Contains("--overwrite"));
  CHECK(name_problem(path, Existing::is_replaced).empty());
  CHECK_THAT(message_of<RunError>([&] { publish(path, Existing::stays); }), Contains("out appeared"));
  CHECK(folder.read("out") == "of somebody else");
  CHECK(folder.read("out.partial") == "row\n");
  folder.write("out", "");
  CHECK(name_problem(path, Existing::stays).empty());
  publish(path, Existing::stays);
  CHECK(folder.read("out") == "row\n");
}

TEST_CASE("output name: a crash between two names for one file is finished") {
  const ScratchFolder folder;
  folder.write("out.partial", "row\n");
  std::filesystem::create_hard_link(folder.path("out.partial"), folder.path("out"));
  const auto path = output_path(folder.path("out"));
  CHECK(name_problem(path, Existing::stays).empty());
  publish(path, Existing::stays);
  CHECK(folder.read("out") == "row\n");
  CHECK_FALSE(folder.has("out.partial"));
}

TEST_CASE("output name: links that lead in a circle, or to no folder, are usage errors") {
  const ScratchFolder folder;
  std::filesystem::create_symlink("b", folder.path("a"));
  std::filesystem::create_symlink("a", folder.path("b"));
  CHECK_THAT(message_of<UsageError>([&] { check_output(folder.path("a")); }),
             Contains("Too many levels of symbolic links"));
  std::filesystem::create_symlink("no/target", folder.path("c"));
  CHECK_THAT(message_of<UsageError>([&] { check_output(folder.path("c")); }), Contains("No such file"));
}

TEST_CASE("output name: rows are written beside it, or at once where it is no regular file") {
  const ScratchFolder folder;
  const auto path = output_path(folder.path("out"));
  CHECK(path.written == folder.path("out.partial"));
  CHECK(path.journal() == folder.path("out.journal"));
  CHECK(path.record() == folder.path("out.run"));
  CHECK_FALSE(path.is_direct());
  CHECK(output_path("-").is_direct());
  CHECK(output_path("/dev/null").is_direct());
}

TEST_CASE("output name: a link gives its place to the file that it leads to, be it there or not") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.path("deep"));
  std::filesystem::create_symlink("deep/target", folder.path("out"));
  CHECK(output_path(folder.path("out")).final == folder.path("deep/target"));
  folder.write("deep/target", "rows\n");
  CHECK(output_path(folder.path("out")).final == folder.path("deep/target"));
}
