#include "report/replaced_file.hpp"

#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "report/background_file.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

constexpr std::array<std::string_view, 2> kBegins{"# ours", "{ours"};

void look(const std::string& path, bool overwrite = false) {
  check_replaced(path, "--report", kBegins, overwrite);
}

}  // namespace

TEST_CASE("replaced file: one of an earlier run gives way, any other stays unless it is to be lost") {
  const ScratchFolder folder;
  CHECK_NOTHROW(look(folder.path("new")));
  CHECK_FALSE(folder.has("new"));
  CHECK_NOTHROW(look(folder.write("empty", "")));
  CHECK_NOTHROW(look(folder.write("a", "# ours, long ago")));
  CHECK_NOTHROW(look(folder.write("b", "{ours}")));
  const auto other = folder.write("c", "notes");
  CHECK_THAT(message_of<UsageError>([&] { look(other); }),
             Contains("--report " + other + " exists and is no such file"));
  CHECK_NOTHROW(look(other, /*overwrite=*/true));
  CHECK(folder.read("c") == "notes");
}

TEST_CASE("replaced file: a place that cannot be written to is refused before any work") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<UsageError>([&] { look(folder.path("no/r.html")); }),
             Contains("cannot write --report"));
  CHECK_THAT(message_of<UsageError>([&] { look(folder.path("")); }), Contains("is a folder"));
  CHECK_NOTHROW(look("/dev/null"));
}

TEST_CASE("replaced file: the text is all there, and nothing else is left") {
  const ScratchFolder folder;
  replace_file(folder.path("a"), "first");
  replace_file(folder.path("a"), "second, longer");
  CHECK(folder.read("a") == "second, longer");
  CHECK_FALSE(folder.has("a.new"));
  CHECK_NOTHROW(replace_file("/dev/null", "gone"));
  CHECK_THAT(message_of<RunError>([] { replace_file("/dev/full", "x"); }),
             Contains("cannot write /dev/full"));
}

TEST_CASE("background file: the last text that was put is on disk at the end") {
  const ScratchFolder folder;
  BackgroundFile file(folder.path("a"));
  for (int i = 0; i <= 100; ++i) file.put("text " + std::to_string(i));
  CHECK(file.finish(Seconds(30)).empty());
  CHECK(folder.read("a") == "text 100");
  file.put("more");
  CHECK(file.finish(Seconds(30)).empty());
  CHECK(folder.read("a") == "more");
}

TEST_CASE("background file: what cannot be written is told, and heals with the next text") {
  const ScratchFolder folder;
  BackgroundFile file(folder.path("no/a"));
  file.put("text");
  CHECK_THAT(file.finish(Seconds(30)), Contains("cannot write " + folder.path("no/a")));
  std::filesystem::create_directory(folder.path("no"));
  file.put("text");
  CHECK(file.finish(Seconds(30)).empty());
}

TEST_CASE("background file: one that hangs keeps nobody waiting for longer than said") {
  const ScratchFolder folder;
  const auto pipe = folder.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const Stopwatch watch;
  {
    BackgroundFile file(pipe);  // opening a pipe that nobody reads takes for ever
    file.put("text");
    CHECK_THAT(file.finish(Seconds(0.1)), Contains("not done after 0.1 s"));
  }
  CHECK(watch.elapsed_s() < 20);
}
