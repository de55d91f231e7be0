#include <catch2/catch.hpp>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/record/selected.hpp"
#include "unit/writer/splice/brackets.hpp"
#include "writer/failure_list.hpp"
#include "writer/splice/earlier_pieces.hpp"
#include "writer/splice/spliced_output.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::brackets;
using infer::test::message_of;
using infer::test::ScratchFolder;
using infer::test::selected;

namespace {

using Records = std::vector<std::uint64_t>;

/// Rows of any text, each of a line.
RetryConfig config_of(const Records& records) {
  RetryConfig config{RowLayout{0, 0, false}, true, selected(records)};
  config.pieces = brackets();
  return config;
}

RetryConfig skipping(const Records& records, std::vector<std::uint32_t> chunk_records) {
  auto config = config_of(records);
  config.in_place = false;
  config.chunk_records = std::make_shared<const std::vector<std::uint32_t>>(std::move(chunk_records));
  return config;
}

/// An earlier output, and what becomes of it.
class Spliced {
 public:
  Spliced(const std::string& earlier, RetryConfig config) : config_(std::move(config)) {
    folder_.write("out", earlier);
    open(0, 0);
  }

  void add(const Records& failed, const std::string& text, std::uint64_t rows) {
    EncodedChunk chunk;
    chunk.rows = rows;
    chunk.failed = failed.size();
    chunk.failed_rows = failed;
    splice_->add(chunk, text);
    done_ += rows;
  }
  void add(const std::string& text) {
    add({}, text, static_cast<std::uint64_t>(std::ranges::count(text, '\n')));
  }

  /// As another run does behind a checkpoint.
  void go_on() {
    REQUIRE(splice_->is_between());
    const auto keep = target_->sync().end;
    splice_.reset();
    target_.reset();
    open(done_, keep);
  }

  std::string finish() {
    splice_->finish();
    records = splice_->records();
    target_->sync();
    target_->commit();
    return folder_.read("out");
  }
  bool is_between() const { return splice_->is_between(); }

  std::uint64_t records = 0;
  int pieces = 0;

 private:
  void open(std::uint64_t done, std::uint64_t keep) {
    target_.emplace(folder_.path("out"), Segment{0, keep, 0});
    splice_.emplace(config_, *target_, done, 0, [this] { ++pieces; });
  }

  ScratchFolder folder_;
  RetryConfig config_;
  std::optional<OutputFile> target_;
  std::optional<SplicedOutput> splice_;
  std::uint64_t done_ = 0;
};

}  // namespace

TEST_CASE("earlier pieces: come with their rows; those without any, and a header, do not") {
  const ScratchFolder folder;
  auto config = config_of({});
  config.pieces = brackets(true);
  EarlierPieces pieces({folder.write("a", "<id\n><1\n2\n><>"), folder.write("b", "<id\n><3\n>")}, config);
  CHECK(pieces.header() == "<id\n>");
  const auto first = pieces.next();
  REQUIRE(first);
  CHECK(first->bytes == "<1\n2\n>");
  CHECK(first->rows == 2);
  CHECK(first->row(1) == "2\n");
  CHECK(pieces.next().value().bytes == "<3\n>");
  CHECK_FALSE(pieces.next());
  CHECK(pieces.rows() == 3);
}

TEST_CASE(
    "earlier pieces: one that is longer than many reads comes whole, one that is cut off is a run error") {
  const ScratchFolder folder;
  const std::string row(5'000'000, 'x');
  const auto config = config_of({});
  EarlierPieces pieces({folder.write("a", "<" + row + "\n><1\n>")}, config);
  CHECK((pieces.next().value().row(0) == row + "\n"));
  CHECK(pieces.next().value().text == "1\n");
  EarlierPieces torn({folder.write("b", "<1\n><2")}, config);
  torn.next();
  CHECK_THAT(message_of<RunError>([&] { torn.next(); }),
             Contains("ends within what is packed") && Contains("--overwrite"));
}

TEST_CASE("piece splice: a piece without a failed record stays, the others are packed anew") {
  Spliced splice("<0\n1\n><2\n3\n><4\n5\n>", config_of({2, 5}));
  splice.add("new 2\n");
  splice.add("new 5\n");
  CHECK(splice.finish() == "<0\n1\n><new 2\n3\n><4\nnew 5\n>");
  CHECK(splice.records == 6);
  CHECK(splice.pieces == 3);
}

TEST_CASE(
    "piece splice: a chunk's rows may fill several pieces, and those of a piece come in several chunks") {
  Spliced splice("<0\n1\n2\n><3\n>", config_of({0, 2, 3}));
  splice.add("new 0\n");
  CHECK_FALSE(splice.is_between());
  splice.add("new 2\nnew 3\n");
  CHECK(splice.finish() == "<new 0\n1\nnew 2\n><new 3\n>");
}

TEST_CASE("piece splice: what packs tables joins their rows itself") {
  auto config = config_of({1});
  config.pieces->unpack = nullptr;
  config.pieces->places = [](int, std::uint64_t) { return std::vector<PiecePlace>{{0, 3, 3}, {3, 5, 2}}; };
  std::vector<std::string> given;
  config.pieces->splice = [&](std::span<const std::string_view> pieces, std::span<const PieceRows> rows) {
    for (const auto& piece : pieces) given.emplace_back(piece);
    CHECK(std::vector(rows.begin(), rows.end()) == std::vector<PieceRows>{{1, 0, 1}, {0, 0, 1}, {1, 2, 1}});
    return std::string("anew");
  };
  Spliced splice("abcdef", config);
  splice.add("new\n");
  CHECK(splice.finish() == "anewde");
  CHECK(given == std::vector<std::string>{"<new\n>", "abc"});
}

TEST_CASE("piece splice: the header is taken over, also where no row follows") {
  auto config = config_of({0});
  config.pieces = brackets(true);
  Spliced splice("<id\n><0\n>", config);
  splice.add("new\n");
  CHECK(splice.finish() == "<id\n><new\n>");
  auto nothing = skipping({0}, {1});
  nothing.pieces = brackets(true);
  Spliced skip("<id\n>", nothing);
  skip.add({0}, "", 1);
  CHECK(skip.finish() == "<id\n>");
}

TEST_CASE(
    "piece splice: rows that were left out come into their chunk's piece, or make one where it had none") {
  Spliced splice("<0\n><7\n8\n>", skipping({1, 2, 3, 4, 5, 6}, {2, 0, 2, 2, 3}));
  splice.add({2}, "1\n2\n4\n", 4);
  splice.add({1}, "5\n", 2);
  CHECK(splice.finish() == "<0\n1\n><2\n><4\n5\n><7\n8\n>");
  CHECK(splice.records == 9);
}

TEST_CASE("piece splice: where chunks have other records now, pieces are as if cut by them") {
  auto config = config_of({0, 5});
  config.chunk_records =
      std::make_shared<const std::vector<std::uint32_t>>(std::vector<std::uint32_t>{1, 3, 2, 1});
  Spliced splice("<0\n1\n><2\n3\n4\n><5\n><6\n>", config);
  splice.add("new 0\nnew 5\n");
  CHECK(splice.finish() == "<new 0\n><1\n2\n3\n><4\nnew 5\n><6\n>");
}

TEST_CASE("piece splice: goes on after any chunk, and the bytes are those of a splice in one go") {
  for (int stop = 1; stop <= 3; ++stop) {
    Spliced whole("<0\n1\n><2\n><3\n4\n><5\n>", config_of({0, 2, 3, 5}));
    Spliced skip("<1\n><4\n>", skipping({0, 2, 3, 5}, {2, 1, 2, 1}));
    int chunk = 0;
    for (const std::string id : {"0", "2", "3", "5"}) {
      whole.add("new " + id + "\n");
      id == "3" ? skip.add({0}, "", 1) : skip.add("new " + id + "\n");
      if (++chunk != stop) continue;
      whole.go_on();
      skip.go_on();
    }
    CHECK(whole.finish() == "<new 0\n1\n><new 2\n><new 3\n4\n><new 5\n>");
    CHECK(skip.finish() == "<new 0\n1\n><new 2\n><4\n><new 5\n>");
    CHECK(skip.records == 6);
  }
}

TEST_CASE("piece splice: rows that are missing, or too many, and one that did not fail, are run errors") {
  Spliced missing("<0\n>", config_of({7}));
  CHECK_THAT(message_of<RunError>([&] { missing.add("new\n"); }),
             Contains("has only 1 rows, but row 7 is said to have failed"));
  Spliced more("<0\n1\n><2\n>", skipping({0}, {1, 1}));
  CHECK_THAT(message_of<RunError>([&] {
               more.add("new\n");
               more.finish();
             }),
             Contains("has more rows than the input has records"));
  auto json = config_of({0});
  json.layout.is_json = true;
  Spliced good("<{\"id\":1}\n>", json);
  CHECK_THAT(message_of<RunError>([&] {
               good.add("new\n");
               good.finish();
             }),
             Contains("row 0") && Contains("is not one of a failed record"));
  auto left_out = skipping({0}, {2});
  left_out.layout.is_json = true;
  Spliced bad("<{\"error\":{\"code\":\"bad\"}}\n>", left_out);
  CHECK_THAT(message_of<RunError>([&] {
               bad.add("new\n");
               bad.finish();
             }),
             Contains("row 0") && Contains("is one of a failed record"));
}

TEST_CASE("failure list: rows that are packed, in any of several files, tell what failed in all") {
  const ScratchFolder folder;
  const std::string error = R"({"error":{"code":"bad","message":"m","file":"a","line":2,"offset":10}})";
  ErrorRows rows{
      {{folder.write("a", "<{}\n" + error + "\n><{}\n>"), 0}, {folder.write("b", "<" + error + "\n>"), 7}}};
  rows.pieces = brackets();
  std::vector<std::uint64_t> failed;
  read_failures(std::nullopt, rows, [&](const FailedRecord& record) { failed.push_back(record.row); });
  CHECK(failed == std::vector<std::uint64_t>{1, 7});
  rows.files = {{folder.write("c", "<{}\n"), 0}};
  CHECK_THAT(message_of<UsageError>([&] { read_failures(std::nullopt, rows, [](const FailedRecord&) {}); }),
             Contains("--retry-errors: the earlier output") && Contains("ends within"));
}
