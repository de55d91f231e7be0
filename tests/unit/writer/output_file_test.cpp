#include "writer/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

TEST_CASE("output file: nothing is under its name before commit, all of it after") {
  const ScratchFolder folder;
  OutputFile file(folder.path("out.jsonl"));
  file.write("a\n");
  file.write("");
  file.write("b\n");
  CHECK_FALSE(folder.has("out.jsonl"));
  CHECK(folder.read("out.jsonl.partial") == "a\nb\n");
  CHECK(file.path().written == folder.path("out.jsonl.partial"));
  file.commit();
  CHECK(folder.read("out.jsonl") == "a\nb\n");
  CHECK_FALSE(folder.has("out.jsonl.partial"));
}

TEST_CASE("output file: an earlier result stays whole until commit replaces it") {
  const ScratchFolder folder;
  folder.write("out.jsonl", "earlier");
  OutputFile file(folder.path("out.jsonl"));
  file.write("new");
  CHECK(folder.read("out.jsonl") == "earlier");
  file.commit();
  CHECK(folder.read("out.jsonl") == "new");
}

TEST_CASE("output file: a commit that replaces nothing leaves what appeared, and its rows where they are") {
  const ScratchFolder folder;
  OutputFile file(folder.path("out.jsonl"));
  file.write("new");
  folder.write("out.jsonl", "of somebody else");
  CHECK_THAT(message_of<RunError>([&] { file.commit(Existing::stays); }), Contains("out.jsonl appeared"));
  CHECK(folder.read("out.jsonl") == "of somebody else");
  CHECK(folder.read("out.jsonl.partial") == "new");
}

TEST_CASE("output file: without commit the partial stays and the name does not appear") {
  const ScratchFolder folder;
  { OutputFile(folder.path("out.jsonl")).write("half"); }
  CHECK_FALSE(folder.has("out.jsonl"));
  CHECK(folder.read("out.jsonl.partial") == "half");
}

TEST_CASE("output file: an empty output is committed too") {
  const ScratchFolder folder;
  OutputFile(folder.path("out.jsonl")).commit();
  CHECK(folder.read("out.jsonl").empty());
}

TEST_CASE("output file: a name without folder goes to the current one") {
  const ScratchFolder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path(""));
  OutputFile file("out.jsonl");
  file.write("x");
  file.commit();
  std::filesystem::current_path(before);
  CHECK(folder.read("out.jsonl") == "x");
}

TEST_CASE("output file: a large text is written whole") {
  const ScratchFolder folder;
  const std::string text(5'000'000, 'x');
  OutputFile file(folder.path("out.jsonl"));
  file.write(text);
  file.commit();
  CHECK((folder.read("out.jsonl") == text));
}

TEST_CASE("output file: a full device is a run error with the reason and the bytes written") {
  OutputFile file("/dev/full");
  CHECK(file.path().written == "/dev/full");
  CHECK_THAT(message_of<RunError>([&] { file.write("x"); }),
             Contains("/dev/full") && Contains("No space left on device") && Contains("after 0 bytes"));
}

TEST_CASE("output file: a device is written directly and stays a device") {
  OutputFile file("/dev/null");
  file.write("x");
  file.commit();
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK_FALSE(std::filesystem::exists("/dev/null.partial"));
}

TEST_CASE("output file: a folder that is not there is a usage error with the reason") {
  CHECK_THAT(message_of<UsageError>([] { OutputFile("/no/such/folder/out.jsonl"); }),
             Contains("/no/such/folder/out.jsonl") && Contains("No such file or directory"));
}

TEST_CASE("output file: a folder in place of the file is a usage error") {
  const ScratchFolder folder;
  CHECK_THAT(message_of<UsageError>([&] { OutputFile(folder.path("")); }), Contains("Is a directory"));
}

TEST_CASE("output file: a folder that may not be written is a usage error") {
  if (::geteuid() == 0) return;  // root may write everywhere
  const ScratchFolder folder;
  std::filesystem::permissions(folder.path(""),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  CHECK_THAT(message_of<UsageError>([&] { OutputFile(folder.path("out.jsonl")); }),
             Contains("Permission denied"));
  std::filesystem::permissions(folder.path(""), std::filesystem::perms::owner_all);
}

TEST_CASE("output file: what another process cuts or adds to is written no more, nor finished") {
  const ScratchFolder folder;
  const auto cut = GENERATE(true, false);
  OutputFile file(folder.path("out.jsonl"));
  file.write("a\nb\n");
  std::filesystem::resize_file(folder.path("out.jsonl.partial"), cut ? 1 : 9);
  const auto refused =
      Contains("another process has cut it, or writes to it, for it has not the 4 bytes of this run");
  CHECK_THAT(message_of<RunError>([&] { file.write("c\n"); }), refused);
  CHECK_THAT(message_of<RunError>([&] { file.sync(); }), refused);
}

TEST_CASE("output file: one that lost its name is told at the next sync") {
  const ScratchFolder folder;
  const auto renamed = GENERATE(true, false);
  OutputFile file(folder.path("out.jsonl"));
  file.write("a\n");
  file.sync();
  std::filesystem::rename(folder.path("out.jsonl.partial"), folder.path("away"));
  if (!renamed) std::filesystem::remove(folder.path("away"));
  file.write("b\n");
  CHECK_THAT(message_of<RunError>([&] { file.sync(); }),
             Contains("out.jsonl.partial was taken away from this run: was it removed"));
}

TEST_CASE("output file: a folder that vanishes before commit is a run error, not a finished file") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.path("sub"));
  OutputFile file(folder.path("sub/out.jsonl"));
  file.write("x");
  std::filesystem::remove_all(folder.path("sub"));
  CHECK_THAT(message_of<RunError>([&] { file.commit(); }), Contains("cannot rename"));
}

TEST_CASE("output file: a dash is standard output, and standard output stays open") {
  const ScratchFolder folder;
  const int saved = ::dup(STDOUT_FILENO);
  const int target = ::open(folder.path("stdout").c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(target, STDOUT_FILENO);
  {
    OutputFile file("-");
    file.write("row\n");
    file.commit();
  }
  const bool still_open = ::write(STDOUT_FILENO, "more", 4) == 4;
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(target);
  CHECK(still_open);
  CHECK(folder.read("stdout") == "row\nmore");
  CHECK_FALSE(std::filesystem::exists("-.partial"));
}

// As /dev/stdout is, when standard output goes to a file.
TEST_CASE("output file: a symbolic link stays one, and what it points to gets the rows") {
  const ScratchFolder folder;
  folder.write("target.jsonl", "earlier");
  std::filesystem::create_symlink(folder.path("target.jsonl"), folder.path("link.jsonl"));
  OutputFile file(folder.path("link.jsonl"));
  file.write("new");
  file.commit();
  CHECK(std::filesystem::is_symlink(folder.path("link.jsonl")));
  CHECK(folder.read("target.jsonl") == "new");
}

TEST_CASE("output file: going on keeps the first bytes, drops the rest and adds behind them") {
  const ScratchFolder folder;
  folder.write("out.jsonl.partial", "kept\ntorn");
  OutputFile file(folder.path("out.jsonl"), {0, 5, 0});
  CHECK(folder.read("out.jsonl.partial") == "kept\n");
  file.write("new\n");
  CHECK(file.sync() == Segment{5, 9, digest_of("new\n")});
  file.commit();
  CHECK(folder.read("out.jsonl") == "kept\nnew\n");
}

TEST_CASE("output file: going on after nothing drops all") {
  const ScratchFolder folder;
  folder.write("out.jsonl.partial", "torn");
  OutputFile(folder.path("out.jsonl"), {}).commit();
  CHECK(folder.read("out.jsonl").empty());
}

TEST_CASE("output file: each sync tells what came since the one before") {
  const ScratchFolder folder;
  OutputFile file(folder.path("out.jsonl"));
  CHECK(file.sync() == Segment{});
  file.write("ab");
  file.write("c");
  CHECK(file.sync() == Segment{0, 3, digest_of("abc")});
  CHECK(file.sync() == Segment{0, 3, digest_of("abc")});
  file.write("d");
  CHECK(file.sync() == Segment{3, 4, digest_of("d")});
}

TEST_CASE("output file: its start belongs to no segment, and is replaced without moving what follows") {
  const ScratchFolder folder;
  OutputFile file(folder.path("out.npy"));
  file.write_start("HEAD");
  file.write("row1");
  CHECK(file.sync() == Segment{4, 8, digest_of("row1")});
  file.write_start("head");
  file.write("row2");
  CHECK(file.sync() == Segment{8, 12, digest_of("row2")});
  file.commit();
  CHECK(folder.read("out.npy") == "headrow1row2");
}

TEST_CASE("output file: a start is replaced also when going on") {
  const ScratchFolder folder;
  folder.write("out.npy.partial", "HEADrow1torn");
  OutputFile file(folder.path("out.npy"), {4, 8, 0});
  file.write("row2");
  file.write_start("head");
  file.commit();
  CHECK(folder.read("out.npy") == "headrow1row2");
}

TEST_CASE("output file: a partial file into which nothing was written is removed, one with a start is not") {
  const ScratchFolder folder;
  { OutputFile(folder.path("out.jsonl")).write(""); }
  CHECK_FALSE(folder.has("out.jsonl.partial"));
  { OutputFile(folder.path("out.npy")).write_start("head"); }
  CHECK(folder.has("out.npy.partial"));
}

TEST_CASE("output file: what is kept of an earlier run is not removed") {
  const ScratchFolder folder;
  folder.write("out.jsonl.partial", "kept");
  { const OutputFile file(folder.path("out.jsonl"), {0, 4, 0}); }
  CHECK(folder.read("out.jsonl.partial") == "kept");
}

TEST_CASE("output file: a device has nothing to sync") {
  OutputFile file("/dev/null");
  file.write("x");
  CHECK(file.sync() == Segment{});
}

TEST_CASE("output file: behind a start alone there is an empty segment, and with it the start stays") {
  const ScratchFolder folder;
  {
    OutputFile file(folder.path("out.npy"));
    CHECK(file.is_empty());
    CHECK(file.sync() == Segment{});
    file.write_start("HEAD");
    CHECK_FALSE(file.is_empty());
    CHECK(file.sync() == Segment{4, 4, digest_of("")});
  }
  OutputFile file(folder.path("out.npy"), {4, 4, digest_of("")});
  CHECK_FALSE(file.is_empty());
  file.write("row1");
  CHECK(file.sync() == Segment{4, 8, digest_of("row1")});
  file.write_start("head");
  file.commit();
  CHECK(folder.read("out.npy") == "headrow1");
}

TEST_CASE("output file: what replaces a file is as private as it was, from its first byte on") {
  const ScratchFolder folder;
  using std::filesystem::perms;
  constexpr auto kMode = perms::owner_read | perms::owner_write | perms::group_read;
  folder.write("out", "old");
  std::filesystem::permissions(folder.path("out"), kMode);
  OutputFile file(folder.path("out"));
  const auto mode = [&](const char* name) {
    return std::filesystem::status(folder.path(name)).permissions();
  };
  CHECK(mode("out.partial") == kMode);
  file.commit();
  CHECK(mode("out") == kMode);
}

TEST_CASE("output file: through a link whose target is not there yet, the target is created") {
  const ScratchFolder folder;
  std::filesystem::create_directory(folder.path("sub"));
  std::filesystem::create_symlink("sub/target", folder.path("link"));
  std::filesystem::create_symlink("link", folder.path("link to link"));
  OutputFile file(folder.path("link to link"));
  file.write("row\n");
  file.commit(Existing::stays);
  CHECK(std::filesystem::is_symlink(folder.path("link")));
  CHECK(std::filesystem::is_symlink(folder.path("link to link")));
  CHECK(folder.read("sub/target") == "row\n");
}

TEST_CASE("output file: what else has its partial file's name is replaced, not written into") {
  const ScratchFolder folder;
  folder.write("precious", "kept");
  std::filesystem::create_hard_link(folder.path("precious"), folder.path("out.partial"));
  OutputFile file(folder.path("out"));
  file.write("row\n");
  file.commit();
  CHECK(folder.read("out") == "row\n");
  CHECK(folder.read("precious") == "kept");
}
