#include "writer/journal/output_start.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/output_place.hpp"
#include "writer/journal/errors_owner.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::complete;
using infer::test::message_of;
using infer::test::Place;
using infer::test::point_of;
using infer::test::run_of;
using infer::test::ScratchFolder;

namespace {

constexpr StartRequest kPlain{};
constexpr StartRequest kResume{true, false, false};
constexpr StartRequest kOverwrite{false, true, false};
constexpr StartRequest kRetry{false, false, true};
constexpr StartRequest kRetryResume{true, false, true};

RunRecord retry_run() {
  auto run = run_of();
  run.retry = true;
  run.replace = true;
  return run;
}

RunRecord overwriting_run() {
  auto run = run_of();
  run.replace = true;
  return run;
}

}  // namespace

TEST_CASE("output start: where nothing is, a run begins, with a journal that locks") {
  for (const auto& request : {kPlain, kResume, kOverwrite}) {
    const Place place;
    const auto start = claim_output(place.names(), request);
    CHECK(start.kind == StartKind::anew);
    REQUIRE(start.journal != nullptr);
    CHECK(start.journal->path() == place->path("out.journal"));
    CHECK_THAT(place.refusal(request), Contains("is being written by"));
  }
}

TEST_CASE("output start: where nothing is, nothing failed, and nothing is left behind") {
  for (const auto& request : {kRetry, kRetryResume}) {
    const Place place;
    CHECK_THAT(place.refusal(request),
               Contains("--retry-errors: there is no output") && Contains("/out in which"));
    CHECK_FALSE(place->has("out.journal"));
  }
}

TEST_CASE("output start: a finished output is refused with all three ways out, and stays") {
  Place place;
  place.file("out", "row\n");
  CHECK_THAT(place.refusal(kPlain), Contains("out exists") && Contains("--overwrite") &&
                                        Contains("--resume") && Contains("--retry-errors"));
  CHECK(place->read("out") == "row\n");
  CHECK_FALSE(place->has("out.journal"));
}

TEST_CASE(
    "output start: a finished output is complete for resume, to be replaced for overwrite, else retried") {
  for (const auto& [request, kind] :
       {std::pair{kResume, StartKind::already_complete}, std::pair{kOverwrite, StartKind::anew},
        std::pair{kRetry, StartKind::retry}, std::pair{kRetryResume, StartKind::retry}}) {
    Place place;
    place.finished("row\n");
    CHECK(place.start(request) == kind);
    CHECK(place->read("out") == "row\n");
    CHECK_FALSE(place->has("out.journal"));
  }
}

TEST_CASE("output start: an empty file is nothing to lose") {
  for (const auto& request : {kPlain, kResume, kOverwrite}) {
    Place place;
    place.file("out", "");
    CHECK(place.start(request) == StartKind::anew);
  }
}

TEST_CASE("output start: an errors file with content is something to lose, though the output is not there") {
  Place place(true);
  place.file("err", "error\n");
  for (const auto& request : {kPlain, kResume, kRetry})
    CHECK_THAT(place.refusal(request), Contains("err exists"));
  CHECK(place.start(kOverwrite) == StartKind::anew);
}

TEST_CASE("output start: when all records failed and were left out, an empty output is retried") {
  Place place(true);
  auto point = complete(point_of(1, 0, ""));
  place.file("out", "").file("err", "error\n").file("out.run", journal_line(run_of()) + journal_line(point));
  CHECK(place.start(kRetry) == StartKind::retry);
  CHECK(place.start(kResume) == StartKind::already_complete);
}

TEST_CASE("output start: an unfinished output is refused with both ways out, and stays") {
  for (const bool with_final : {false, true}) {
    Place place;
    if (with_final) place.file("out", "old\n");
    place.file("out.partial", "row 1\nrow").journal({point_of(1, 0, "row 1\n")}, overwriting_run());
    CHECK_THAT(place.refusal(kPlain), Contains("out.partial holds the rows of an unfinished run") &&
                                          Contains("--resume") && Contains("--overwrite"));
    CHECK(place->read("out.partial") == "row 1\nrow");
    CHECK(place.start(kResume) == StartKind::go_on);  // the refusal left the journal usable
    CHECK(place.start(kOverwrite) == StartKind::anew);
    CHECK(place.start(kResume) == StartKind::go_on);  // and so did a run that never began
  }
}

TEST_CASE("output start: without --resume an unfinished output is refused for a retry too") {
  Place place;
  place.file("out.partial", "row").journal({point_of(1, 0, "row")});
  CHECK_THAT(place.refusal(kRetry), Contains("unfinished run") && Contains("--resume"));
}

TEST_CASE("output start: a run that never came to its end cannot be retried, an unfinished retry goes on") {
  Place place;
  place.finished("old\n");
  place.file("out.partial", "row").journal({point_of(1, 0, "row")}, overwriting_run());
  CHECK_THAT(place.refusal(kRetryResume), Contains("complete it with --resume alone"));
  place.journal({point_of(1, 0, "row")}, retry_run());
  CHECK(place.start(kRetryResume) == StartKind::go_on);
  CHECK(place.start(kResume) == StartKind::go_on);
}

TEST_CASE("output start: rows without a journal are refused, but for overwrite") {
  Place place;
  place.file("out.partial", "row\n");
  CHECK_THAT(place.refusal(kResume),
             Contains("out.journal") && Contains("missing or damaged") && Contains("--overwrite"));
  CHECK_THAT(place.refusal(kPlain), Contains("unfinished run"));
  CHECK_FALSE(place->has("out.journal"));
  CHECK(place->read("out.partial") == "row\n");
  CHECK(place.start(kOverwrite) == StartKind::anew);
}

TEST_CASE("output start: a damaged journal is as a missing one") {
  for (const auto& damaged :
       {journal_line(run_of()).substr(0, 40), std::string(500, '\0'), std::string("{\"ch")}) {
    Place place;
    place.file("out.partial", "row\n").file("out.journal", damaged);
    CHECK_THAT(place.refusal(kResume), Contains("missing or damaged"));
  }
}

TEST_CASE("output start: a foreign file under any helper's name stays, whatever is asked") {
  for (const std::string name : {"out.journal", "out.journal.new", "out.run", "err.journal"}) {
    for (const auto& request : {kPlain, kResume, kOverwrite, kRetry}) {
      Place place(true);
      place.file(name, "diary");
      CHECK_THAT(place.refusal(request), Contains(name + " is there already") && Contains("move it away"));
      CHECK(place->read(name) == "diary");
    }
  }
}

TEST_CASE("output start: a link or a folder under a helper's name is refused before anything is touched") {
  for (const std::string name : {"out.partial", "err.partial", "out.journal", "out.run"}) {
    Place place(true);
    place.file("target", "precious");
    std::filesystem::create_symlink(place->path("target"), place->path(name));
    CHECK_THAT(place.refusal(kOverwrite), Contains(name) && Contains("is a link"));
    CHECK(place->read("target") == "precious");
    std::filesystem::remove(place->path(name));
    std::filesystem::create_directory(place->path(name));
    CHECK_THAT(place.refusal(kOverwrite), Contains(name) && Contains("is no regular file"));
  }
}

TEST_CASE("output start: an errors file alone that is unfinished counts, and is named") {
  Place place(true);
  place.file("err.partial", "error\n").journal({});
  CHECK_THAT(place.refusal(kPlain), Contains("err.partial holds"));
  CHECK(place.start(kResume) == StartKind::go_on);
}

TEST_CASE("output start: checkpoints without the file they speak of still need a decision") {
  Place place;
  place.journal({point_of(1, 0, "row\n")});
  CHECK_THAT(place.refusal(kPlain), Contains("out.partial holds") && Contains("--resume"));
  CHECK(place.start(kResume) == StartKind::go_on);
}

TEST_CASE("output start: a journal of a run that was killed before its first checkpoint is in nobody's way") {
  Place place;
  place.file("out.partial", "").journal({});
  CHECK(place.start(kPlain) == StartKind::anew);
}

TEST_CASE("output start: a complete run that lacked only its names gets them, whatever is asked") {
  for (const auto& request : {kPlain, kResume, kOverwrite, kRetry}) {
    Place place(true);
    auto point = complete(point_of(1, 0, "row\n"));
    point.files.push_back({0, 6, digest_of("error\n")});
    place.file("out", "old\n")
        .file("out.partial", "row\n")
        .file("err.partial", "error\n")
        .journal({point}, overwriting_run());
    if (request.resume || request.overwrite || request.retry_errors) {
      place.start(request);
    } else {
      CHECK_THAT(place.refusal(request), Contains("out exists"));
    }
    CHECK(place->read("out") == "row\n");
    CHECK(place->read("err") == "error\n");
    for (const auto* name : {"out.partial", "err.partial", "out.journal"}) CHECK_FALSE(place->has(name));
  }
}

TEST_CASE("output start: a crash between the two renames is finished as well") {
  Place place(true);
  auto point = complete(point_of(1, 0, "row\n"));
  point.files.push_back({0, 6, digest_of("error\n")});
  place.file("out", "row\n").file("err.partial", "error\n").journal({point});
  CHECK(place.start(kResume) == StartKind::already_complete);
  CHECK(place->read("err") == "error\n");
  CHECK_FALSE(place->has("out.journal"));
  CHECK_FALSE(place->has("err.partial"));
}

TEST_CASE("output start: a crash between the renames and the removal of the journal is finished as well") {
  Place place;
  place.file("out", "row\n").journal({complete(point_of(1, 0, "row\n"))});
  CHECK(place.start(kResume) == StartKind::already_complete);
  CHECK_FALSE(place->has("out.journal"));
}

TEST_CASE("output start: an empty output that lacked only its name gets it") {
  Place place;
  place.file("out.partial", "").journal({complete(point_of(0, 0, ""))});
  place.start(kResume);
  CHECK(place->has("out"));
}

TEST_CASE("output start: a complete run whose file is not as the journal says gets no name") {
  Place place;
  place.file("out", "old\n")
      .file("out.partial", "rxw\n")
      .journal({complete(point_of(1, 0, "row\n"))}, overwriting_run());
  CHECK(place.start(kResume) == StartKind::go_on);
  CHECK(place->read("out") == "old\n");
  CHECK(place->has("out.partial"));
}

TEST_CASE("output start: of standard output, a device or a pipe nothing can be taken up again") {
  for (const std::string name : {"-", "/dev/null"}) {
    OutputNames names;
    names.output = name;
    CHECK(claim_output(names, kPlain).kind == StartKind::anew);
    CHECK(claim_output(names, kPlain).journal == nullptr);
    CHECK(claim_output(names, kOverwrite).kind == StartKind::anew);
    CHECK_THAT(message_of<UsageError>([&] { claim_output(names, kResume); }),
               Contains("--resume: the output") && Contains("--output FILE"));
    CHECK_THAT(message_of<UsageError>([&] { claim_output(names, kRetry); }),
               Contains("--retry-errors: the output"));
  }
}

TEST_CASE("output start: through a link, its target's files count") {
  Place place;
  std::filesystem::create_directory(place->path("sub"));
  place.file("sub/target", "row\n").finished("row\n");
  std::filesystem::rename(place->path("out.run"), place->path("sub/target.run"));
  std::filesystem::remove(place->path("out"));
  std::filesystem::create_symlink(place->path("sub/target"), place->path("out"));
  CHECK(place.start(kResume) == StartKind::already_complete);
  const auto start = claim_output(place.names(), kOverwrite);
  CHECK_THAT(start.journal->path(), Contains("sub/target.journal"));
}

TEST_CASE("output start: what a finished output was made of is found beside it, also after a retry") {
  Place place;
  place.finished("row\n", run_of({{"--model", "m", true}}));
  for (const auto& request : {kResume, kRetry}) {
    const auto start = claim_output(place.names(), request);
    REQUIRE(start.finished.has_value());
    CHECK(start.finished->run->facts.at(0).value == "m");
  }
}

TEST_CASE(
    "output start: a finished output of which nobody knows what it was made of is not called complete") {
  for (const auto& request : {kResume, kRetry, kRetryResume}) {
    Place place;
    place.file("out", "row\n");
    CHECK_THAT(place.refusal(request), Contains("nobody knows what it was made of") && Contains("out.run") &&
                                           Contains("--overwrite") && Contains("--output"));
    place.file("out.run", journal_line(run_of()).substr(0, 50));
    CHECK_THAT(place.refusal(request), Contains("missing or damaged"));
    for (const auto* other : {"xow\n", "row\nmore\n", "ro"}) {
      place.finished("row\n").file("out", other);
      CHECK_THAT(place.refusal(request), Contains("is not the output of which") && Contains("--overwrite"));
    }
  }
}

TEST_CASE("output start: what has the name of a complete run's output, and was not there before, stays") {
  Place place(true);
  auto point = complete(point_of(1, 0, "row\n"));
  point.files.push_back({0, 6, digest_of("error\n")});
  place.file("out", "stranger").file("out.partial", "row\n").file("err.partial", "error\n").journal({point});
  for (const auto& request : {kPlain, kResume, kRetry}) {
    CHECK_THAT(place.refusal(request),
               Contains("out appeared while the run was on") && Contains("out.partial"));
    CHECK(place->read("out") == "stranger");
    CHECK(place->read("out.partial") == "row\n");
    CHECK_FALSE(place->has("err"));
  }
  std::filesystem::rename(place->path("out"), place->path("moved"));
  CHECK(place.start(kResume) == StartKind::already_complete);
  CHECK(place->read("out") == "row\n");
  CHECK(place->read("err") == "error\n");
}

TEST_CASE("output start: a complete run without failures names no errors file of another run") {
  Place place(true);
  auto point = complete(point_of(1, 0, "row\n"));
  point.files.emplace_back();
  place.file("out.partial", "row\n").file("err.partial", "of another run\n").journal({point});
  CHECK_THAT(place.refusal(kResume), Contains("err.partial") && Contains("missing or damaged"));
  CHECK(place->read("out") == "row\n");
  CHECK_FALSE(place->has("err"));
  CHECK(place->read("err.partial") == "of another run\n");
}

TEST_CASE("output start: an unfinished run that began without an output does not go on over one") {
  Place place;
  place.file("out.partial", "row").journal({point_of(1, 0, "row")}).file("out", "stranger");
  CHECK_THAT(place.refusal(kResume), Contains("out appeared"));
  CHECK(place.start(kOverwrite) == StartKind::anew);
}

TEST_CASE("output start: two runs never have one errors file, whatever their outputs") {
  Place place(true);
  auto other = place.names();
  other.output = place->path("other");
  const auto refusal = [&](const StartRequest& request) {
    return message_of<UsageError>([&] { claim_output(other, request); });
  };
  {
    const auto first = claim_output(place.names(), kPlain);
    REQUIRE(first.errors_claim != nullptr);
    for (const auto& request : {kPlain, kResume, kOverwrite})
      CHECK_THAT(refusal(request), Contains("err.journal is being written by"));
    CHECK_FALSE(place->has("other.journal"));
    first.journal->begin(run_of(), {point_of(1, 0, "row")});
    first.errors_claim->begin(claim_record(output_path(place.names().output)), {});
    first.errors_claim->keep();
  }
  CHECK_THAT(refusal(kPlain), Contains("err belongs to the unfinished run of " + place->path("out")) &&
                                  Contains("--resume") && Contains("--overwrite"));
  CHECK_THAT(refusal(kResume), Contains("belongs to the unfinished run"));
  other = {place->path("err"), std::nullopt};
  CHECK_THAT(refusal(kPlain), Contains("belongs to the unfinished run"));
  CHECK(place.start(kResume) == StartKind::go_on);
  std::filesystem::remove(place->path("out.journal"));  // given up
  other = {place->path("other"), place->path("err")};
  CHECK(claim_output(other, kPlain).kind == StartKind::anew);
}

TEST_CASE("output start: the errors file of rows that go to standard output is claimed and kept as well") {
  Place place;
  const OutputNames names{"-", place->path("err")};
  {
    const auto start = claim_output(names, kPlain);
    CHECK(start.journal == nullptr);
    CHECK_THAT(message_of<UsageError>([&] { claim_output(names, kPlain); }), Contains("is being written by"));
  }
  CHECK_FALSE(place->has("err.journal"));
  place.file("err", "error\n");
  CHECK_THAT(message_of<UsageError>([&] { claim_output(names, kPlain); }),
             Contains("err exists") && Contains("--overwrite"));
  CHECK(claim_output(names, kOverwrite).kind == StartKind::anew);
}
