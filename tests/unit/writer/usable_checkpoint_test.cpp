#include <catch2/catch.hpp>

#include "unit/writer/output_place.hpp"
#include "writer/journal/on_disk.hpp"

using namespace infer;
using infer::test::complete;
using infer::test::Place;
using infer::test::point_of;
using infer::test::run_of;

TEST_CASE("usable checkpoint: none without checkpoints, and none without the file") {
  const Place place;
  CHECK(usable_checkpoint({}, place.names()) == Checkpoint{});
  JournalText journal;
  journal.checkpoints = {point_of(1, 0, "row\n")};
  CHECK(usable_checkpoint(journal, place.names()) == Checkpoint{});
}

TEST_CASE("usable checkpoint: the newest whose last segment is on disk; a longer file does no harm") {
  Place place;
  JournalText journal;
  journal.checkpoints = {point_of(1, 0, "aaa\n"), point_of(2, 4, "bbb\n"), point_of(3, 8, "ccc\n")};
  using Case = std::pair<const char*, std::uint64_t>;
  for (const auto& [content, chunks] :
       {Case{"aaa\nbbb\nccc\n", 3}, Case{"aaa\nbbb\nccc\nmore", 3}, Case{"aaa\nbbb\nccc", 2},
        Case{"aaa\nbbb\ncxc\n", 2}, Case{"aaa\nbbb\n", 2}, Case{"aaa\nbbx\nccx\n", 1}, Case{"aaa\n", 1},
        Case{"aax\nbbx\n", 0}, Case{"", 0}}) {
    place.file("out.partial", content);
    CHECK(usable_checkpoint(journal, place.names()).chunks == chunks);
  }
}

TEST_CASE("usable checkpoint: all files must be as it says, one that was not begun may be missing") {
  Place place(true);
  place.file("out.partial", "aaa\nbbb\n");
  auto first = point_of(1, 0, "aaa\n");
  first.files.emplace_back();
  auto second = point_of(2, 4, "bbb\n");
  second.files.push_back({0, 2, digest_of("e\n")});
  JournalText journal;
  journal.checkpoints = {first, second};
  CHECK(usable_checkpoint(journal, place.names()).chunks == 1);
  place.file("err.partial", "x\n");
  CHECK(usable_checkpoint(journal, place.names()).chunks == 1);
  place.file("err.partial", "e\n");
  CHECK(usable_checkpoint(journal, place.names()).chunks == 2);
}

TEST_CASE("usable checkpoint: one of another number of files, or with an impossible segment, is none") {
  Place place;
  place.file("out.partial", "aaa\n");
  auto two_files = point_of(1, 0, "aaa\n");
  two_files.files.push_back({0, 0, 0});
  auto backwards = point_of(1, 0, "aaa\n");
  backwards.files = {{4, 2, digest_of("")}};
  auto beyond = point_of(1, 0, "aaa\n");
  beyond.files = {{0, ~std::uint64_t{0}, digest_of("aaa\n")}};
  JournalText journal;
  journal.checkpoints = {two_files, backwards, beyond};
  CHECK(usable_checkpoint(journal, place.names()) == Checkpoint{});
}

TEST_CASE("usable checkpoint: a segment larger than one read is checked to its end") {
  Place place;
  std::string text(3'000'000, 'x');
  JournalText journal;
  journal.checkpoints = {point_of(1, 0, text)};
  place.file("out.partial", text);
  CHECK(usable_checkpoint(journal, place.names()).chunks == 1);
  text.back() = 'y';
  place.file("out.partial", text);
  CHECK(usable_checkpoint(journal, place.names()).chunks == 0);
}
