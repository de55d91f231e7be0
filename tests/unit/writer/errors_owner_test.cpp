#include "writer/journal/errors_owner.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/journal_parts.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::message_of;
using infer::test::run_of;
using infer::test::ScratchFolder;

namespace {

/// Two outputs and an errors file, of which "first" has the errors file.
struct Files {
  ScratchFolder folder;
  OutputPath first = output_path(folder.path("first"));
  OutputPath other = output_path(folder.path("other"));
  OutputPath errors = output_path(folder.path("err"));
  JournalText journal;

  Files() {
    folder.write("first.journal", journal_line(run_of()));
    journal.run = claim_record(first);
  }
  void give_up() const { std::filesystem::remove(folder.path("first.journal")); }
};

}  // namespace

TEST_CASE("errors owner: a run has its own errors file, and any of which no journal speaks") {
  const Files files;
  CHECK_NOTHROW(refuse_errors_of_another(files.journal, files.errors, files.first));
  CHECK_NOTHROW(refuse_errors_of_another({}, files.errors, files.other));
  CHECK_NOTHROW(refuse_errors_as_output({}, files.errors));
}

TEST_CASE("errors owner: another run does not get it until the first one is given up, for errors or output") {
  const Files files;
  const auto belongs = "err belongs to the unfinished run of " + files.first.final + ": complete that";
  CHECK_THAT(
      message_of<UsageError>([&] { refuse_errors_of_another(files.journal, files.errors, files.other); }),
      Contains(belongs));
  CHECK_THAT(message_of<UsageError>([&] { refuse_errors_as_output(files.journal, files.errors); }),
             Contains(belongs));
  files.give_up();
  CHECK_NOTHROW(refuse_errors_of_another(files.journal, files.errors, files.other));
  CHECK_NOTHROW(refuse_errors_as_output(files.journal, files.errors));
}

TEST_CASE("errors owner: an unfinished output is nobody's errors file, and its own run's output") {
  Files files;
  files.journal.run = run_of();
  CHECK_THAT(
      message_of<UsageError>([&] { refuse_errors_of_another(files.journal, files.first, files.other); }),
      Contains("first belongs to the unfinished run of " + files.first.final));
  CHECK_NOTHROW(refuse_errors_as_output(files.journal, files.first));
}

TEST_CASE("errors owner: an output is the same by whichever way its path is written") {
  const Files files;
  const auto detour = output_path(files.folder.path("sub/../first"));
  CHECK_NOTHROW(refuse_errors_of_another(files.journal, files.errors, detour));
}
