#include "writer/splice/spliced_output.hpp"

#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/record/selected.hpp"
#include "writer/splice/earlier_output.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

constexpr RowLayout kText{};
constexpr RowLayout kArray{4, 2, false};  // header "HEAD", rows of two bytes

EncodedChunk chunk_of(std::uint64_t rows, std::vector<std::uint64_t> failed_rows = {}) {
  EncodedChunk chunk;
  chunk.rows = rows;
  chunk.failed = failed_rows.size();
  chunk.failed_rows = std::move(failed_rows);
  return chunk;
}

RetryConfig config_of(const std::vector<std::uint64_t>& rows, RowLayout layout = kText,
                      bool in_place = true) {
  return {layout, in_place, infer::test::selected(rows)};
}

std::string failed(const std::string& id) { return "{\"id\":" + id + ",\"error\":{\"code\":\"bad\"}}\n"; }
std::string good(const std::string& id) { return "{\"id\":" + id + ",\"outputs\":1}\n"; }

/// An earlier output and what a splice makes of it.
class Spliced {
 public:
  Spliced(const std::string& earlier, RetryConfig config) : config_(std::move(config)) {
    folder_.write("out", earlier);
    target_.emplace(folder_.path("out"));
    splice_.emplace(config_, *target_, 0, 0, [this] { ++beats; });
  }
  SplicedOutput& operator*() { return *splice_; }
  SplicedOutput* operator->() { return &*splice_; }

  /// Ends and goes on as another run would, after `done` records.
  void go_on(std::uint64_t done) {
    const auto position = splice_->position();
    const auto keep = target_->sync().end;
    splice_.reset();
    target_.reset();
    target_.emplace(folder_.path("out"), Segment{0, keep, 0});
    splice_.emplace(config_, *target_, done, position, [] {});
  }

  std::string finish() {
    splice_->finish();
    target_->commit();
    return folder_.read("out");
  }

  int beats = 0;

 private:
  ScratchFolder folder_;
  RetryConfig config_;
  std::optional<OutputFile> target_;
  std::optional<SplicedOutput> splice_;
};

std::string all_of(EarlierOutput& earlier) {
  std::string rows;
  for (auto row = earlier.next(); !row.empty(); row = earlier.next()) rows += std::string(row) + '|';
  return rows;
}

}  // namespace

TEST_CASE("earlier output: nothing has no rows, and so has a header alone") {
  const ScratchFolder folder;
  EarlierOutput nothing({folder.write("out", "")}, kText, 0, 0);
  CHECK(nothing.next().empty());
  EarlierOutput array({folder.write("out.npy", "HEAD")}, kArray, 0, 0);
  CHECK(array.header() == "HEAD");
  CHECK(array.next().empty());
  CHECK(array.row() == 0);
}

TEST_CASE("earlier output: rows come one by one, with their end; position and number count along") {
  const ScratchFolder folder;
  EarlierOutput earlier({folder.write("out", "a\n\nccc\n")}, kText, 0, 0);
  CHECK(earlier.next() == "a\n");
  CHECK(earlier.position() == 2);
  CHECK(earlier.row() == 1);
  CHECK(earlier.next() == "\n");
  CHECK(earlier.next() == "ccc\n");
  CHECK(earlier.position() == 7);
  CHECK(earlier.next().empty());
  CHECK(earlier.next().empty());
  CHECK(earlier.row() == 3);
}

TEST_CASE("earlier output: rows of an array follow its header; newlines mean nothing there") {
  const ScratchFolder folder;
  EarlierOutput earlier({folder.write("out", "HEADa\n\nbcc")}, kArray, 0, 0);
  CHECK(all_of(earlier) == "a\n|\nb|cc|");
  CHECK(earlier.position() == 10);
}

TEST_CASE("earlier output: begins at any row's position") {
  const ScratchFolder folder;
  EarlierOutput text({folder.write("out", "a\nbb\nc\n")}, kText, 2, 1);
  CHECK(text.row() == 1);
  CHECK(all_of(text) == "bb\n|c\n|");
  EarlierOutput array({folder.write("out.npy", "HEADaabb")}, kArray, 6, 1);
  CHECK(all_of(array) == "bb|");
}

TEST_CASE("earlier output: rows that are longer than one read, or end where it does, come whole") {
  const ScratchFolder folder;
  for (const std::size_t size : {1'048'574U, 1'048'575U, 1'048'576U, 3'000'000U}) {
    const std::string long_row(size, 'x');
    EarlierOutput earlier({folder.write("out", long_row + "\nb\n")}, kText, 0, 0);
    CHECK((earlier.next() == long_row + "\n"));
    CHECK(earlier.next() == "b\n");
    CHECK(earlier.next().empty());
    const RowLayout layout{4, size};
    EarlierOutput array({folder.write("out.npy", "HEAD" + long_row + long_row)}, layout, 0, 0);
    CHECK((array.next() == long_row));
    CHECK((array.next() == long_row));
    CHECK(array.next().empty());
  }
}

TEST_CASE("earlier output: one that ends within a row is a run error that names the row") {
  const ScratchFolder folder;
  EarlierOutput text({folder.write("out", "a\nb")}, kText, 0, 0);
  text.next();
  CHECK_THAT(message_of<RunError>([&] { text.next(); }), Contains("ends within its row 1"));
  EarlierOutput array({folder.write("out.npy", "HEADaab")}, kArray, 0, 0);
  array.next();
  CHECK_THROWS_AS(array.next(), RunError);
}

TEST_CASE("earlier output: one that is not there is a usage error") {
  CHECK_THAT(message_of<UsageError>([] { EarlierOutput({"/no/such/out"}, kText, 0, 0); }),
             Contains("cannot open the earlier output /no/such/out"));
}

TEST_CASE("row splice: rows in place take the places of failed ones, first, last and between") {
  Spliced splice(failed("0") + good("1") + failed("2") + failed("3") + good("4") + failed("5"),
                 config_of({0, 2, 3, 5}));
  splice->add(chunk_of(2), "new 0\nnew 2\n");
  splice->add(chunk_of(2, {1}), "new 3\n" + failed("5"));
  CHECK(splice.finish() == "new 0\n" + good("1") + "new 2\nnew 3\n" + good("4") + failed("5"));
  CHECK(splice->records() == 6);
}

TEST_CASE("row splice: rows that were left out come in, and those that fail again stay out") {
  Spliced splice(good("1") + good("4"), config_of({0, 2, 3, 5}, kText, false));
  splice->add(chunk_of(3, {1}), "new 0\nnew 3\n");
  splice->add(chunk_of(1), "new 5\n");
  CHECK(splice.finish() == "new 0\n" + good("1") + "new 3\n" + good("4") + "new 5\n");
  CHECK(splice->records() == 6);
}

TEST_CASE("row splice: an earlier output from which every record was left out is empty") {
  Spliced splice("", config_of({0, 1}, kText, false));
  splice->add(chunk_of(2, {0}), "new 1\n");
  CHECK(splice.finish() == "new 1\n");
  CHECK(splice->records() == 2);
}

TEST_CASE("row splice: a row that is left out at the end and all that fail again change nothing") {
  Spliced splice(good("0") + good("1"), config_of({2}, kText, false));
  splice->add(chunk_of(1, {0}), "");
  CHECK(splice.finish() == good("0") + good("1"));
  CHECK(splice->records() == 3);
}

TEST_CASE("row splice: the rows of an array are replaced, its header is taken over") {
  Spliced splice("HEADaabbccdd", config_of({1, 3}, kArray));
  splice->add(chunk_of(2), "XXYY");
  CHECK(splice.finish() == "HEADaaXXccYY");
  CHECK(splice->records() == 4);
}

TEST_CASE("row splice: lines that are no JSON are taken by their number alone") {
  Spliced splice("1,2\n\n3,4\n", config_of({1}, RowLayout{0, 0, false}));
  splice->add(chunk_of(1), "5,6\n");
  CHECK(splice.finish() == "1,2\n5,6\n3,4\n");
}

TEST_CASE("earlier output: a newline within quotes ends no row, wherever the file is cut in reading") {
  const ScratchFolder folder;
  const std::string small = "1,\"a\n\"\"b\"\"\n\",\n";
  const std::string large = "2,\"" + std::string((std::size_t{1} << 20U) - 40, '\n') + "\"\"\",\n";
  EarlierOutput csv({folder.write("out.csv", "id,x,y\n" + small + large + small)},
                    RowLayout{7, 0, false, true}, 0, 0);
  for (const auto* row : {&small, &large, &small}) CHECK((csv.next() == *row));
  CHECK(csv.next().empty());
  CHECK(csv.header() == "id,x,y\n");
  EarlierOutput torn({folder.write("torn.csv", "1,\"a\n")}, RowLayout{0, 0, false, true}, 0, 0);
  CHECK_THAT(message_of<RunError>([&] { torn.next(); }), Contains("ends within its row 0"));
}

TEST_CASE("row splice: cells with newlines go to their places") {
  Spliced splice("id,x\n1,\"a\nb\"\n2,\"c\n\"\n", config_of({0}, RowLayout{5, 0, false, true}));
  splice->add(chunk_of(1), "3,\"d\n\ne\"\n");
  CHECK(splice.finish() == "id,x\n3,\"d\n\ne\"\n2,\"c\n\"\n");
}

TEST_CASE("row splice: goes on after any chunk, and the bytes are those of a splice in one go") {
  for (const std::size_t stop : {1U, 2U, 3U}) {
    Spliced text(failed("0") + good("1") + failed("2") + good("3") + failed("4"), config_of({0, 2, 4}));
    Spliced skip(good("1") + good("3"), config_of({0, 2, 4}, kText, false));
    Spliced array("HEADaabbccddee", config_of({0, 2, 4}, kArray));
    for (std::size_t i = 0; i < 3; ++i) {
      const auto number = std::to_string(i);
      text->add(chunk_of(1), "new " + number + "\n");
      i == 1 ? skip->add(chunk_of(1, {0}), "") : skip->add(chunk_of(1), "new " + number + "\n");
      array->add(chunk_of(1), "N" + number);
      if (i + 1 != stop) continue;
      text.go_on(stop);
      skip.go_on(stop);
      array.go_on(stop);
    }
    CHECK(text.finish() == "new 0\n" + good("1") + "new 1\n" + good("3") + "new 2\n");
    CHECK(skip.finish() == "new 0\n" + good("1") + good("3") + "new 2\n");
    CHECK(array.finish() == "HEADN0bbN1ddN2");
    CHECK(text->records() == 5);
    CHECK(skip->records() == 5);
    CHECK(array->records() == 5);
  }
}

TEST_CASE("row splice: a list that says more rows than there are is a run error with both numbers") {
  Spliced text(good("0") + failed("1"), config_of({7}));
  CHECK_THAT(message_of<RunError>([&] { text->add(chunk_of(1), "new\n"); }),
             Contains("has only 2 rows, but row 7 is said to have failed") && Contains("--errors"));
  Spliced array("HEADaa", config_of({2}, kArray));
  CHECK_THROWS_AS(array->add(chunk_of(1), "NN"), RunError);
  Spliced skip(good("0"), config_of({2}, kText, false));
  CHECK_THROWS_AS(skip->add(chunk_of(1), "new\n"), RunError);
}

TEST_CASE("row splice: the row just behind the last one is not there to be replaced") {
  Spliced text(failed("0"), config_of({1}));
  CHECK_THAT(message_of<RunError>([&] { text->add(chunk_of(1), "new\n"); }),
             Contains("has only 1 rows, but row 1"));
  Spliced array("HEADaa", config_of({1}, kArray));
  CHECK_THAT(message_of<RunError>([&] { array->add(chunk_of(1), "NN"); }),
             Contains("has only 1 rows, but row 1"));
}

TEST_CASE("row splice: a row that did not fail is never replaced") {
  Spliced splice(good("0") + good("1"), config_of({1}));
  CHECK_THAT(message_of<RunError>([&] { splice->add(chunk_of(1), "new\n"); }),
             Contains("row 1 of the earlier output") && Contains("is not one of a failed record"));
}

TEST_CASE("row splice: where failed records were left out there is no row of one") {
  Spliced before(failed("0") + good("1"), config_of({0}, kText, false));
  before->add(chunk_of(1), "new\n");
  CHECK_THAT(message_of<RunError>([&] { before->finish(); }),
             Contains("row 0 of the earlier output") && Contains("is one of a failed record"));
  Spliced own("{\"error\":{\"mine\":1},\"outputs\":{\"code\":1}}\n", config_of({0}, kText, false));
  own->add(chunk_of(1), "new\n");
  CHECK_NOTHROW(own->finish());
}

TEST_CASE("row splice: more rows than were selected are an internal error") {
  Spliced splice(failed("0"), config_of({0}));
  CHECK_THROWS_AS(splice->add(chunk_of(2), "a\nb\n"), InternalError);
}

TEST_CASE("row splice: taking over much shows that it is alive") {
  const std::string row = std::string(99, 'x') + "\n";
  std::string earlier;
  while (earlier.size() < (std::size_t{40} << 20U)) earlier += row;
  Spliced splice(earlier, config_of({}));
  CHECK((splice.finish() == earlier));
  CHECK(splice.beats == 2);
}

TEST_CASE("row splice: nothing is written before the first row, not even a header") {
  const ScratchFolder folder;
  folder.write("out", "HEADaabb");
  OutputFile target(folder.path("out"));
  SplicedOutput splice(config_of({1}, kArray), target, 0, 0, [] {});
  CHECK(target.is_empty());  // the journal that tells of the run may not be begun yet
  splice.add(chunk_of(1), "cc");
  splice.finish();
  target.commit();
  CHECK(folder.read("out") == "HEADaacc");
}
