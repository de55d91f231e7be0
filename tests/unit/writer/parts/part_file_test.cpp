#include "writer/parts/part_file.hpp"

#include <catch2/catch.hpp>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "unit/base/expect_error.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using Catch::Matchers::Contains;
using infer::test::chunk_of;
using infer::test::failed_chunk;
using infer::test::message_of;
using infer::test::ScratchFolder;

namespace {

/// A packed piece says so.
OutputForm packing_form() {
  OutputForm form;
  form.pack = [](std::string_view text) { return "<" + std::string(text) + ">"; };
  return form;
}

OutputForm counting_form() {
  OutputForm form;
  form.header = [](std::uint64_t rows) { return "rows " + std::to_string(100 + rows) + "\n"; };
  form.header_counts_rows = true;
  return form;
}

}  // namespace

TEST_CASE("part file: its chunks' rows, under its name only when it is finished") {
  const ScratchFolder folder;
  const OutputForm form;
  PartFile part(folder.path("part"), form);
  auto first = chunk_of(6);
  first.output.text.reserve(10'000);
  const auto rest = part.add(std::move(first));
  CHECK(rest.output.text.empty());
  CHECK(rest.output.text.capacity() < 100);
  CHECK(rest.rows == 1);
  part.add(chunk_of(7));
  CHECK_FALSE(folder.has("part"));
  const auto finished = part.finish({3, 2, 0, {}});
  CHECK(folder.read("part") == "row 6\nrow 7\n");
  CHECK(finished == FinishedPart{3, 12, digest_of("row 6\nrow 7\n")});
  CHECK_FALSE(folder.has("part.partial"));
}

TEST_CASE("part file: line numbers go on behind the earlier parts', and begin again with a file") {
  const ScratchFolder folder;
  const OutputForm form;
  PartFile part(folder.path("part"), form);
  part.add(chunk_of(4, 1, 20));
  part.add(failed_chunk(5, 1, 10, 2));
  part.add(failed_chunk(6, 2, 10, 3));
  part.add(chunk_of(7, 2, 1));
  const auto finished = part.finish({1, 4, 1, {1000, 77}});
  const std::string expected = "row 4\nline 1023 of file 1\nline 4 of file 2\nrow 7\n";
  CHECK(folder.read("part") == expected);
  CHECK(finished == FinishedPart{1, expected.size(), digest_of(expected)});
}

TEST_CASE("part file: another file than the last one begins its lines at 1") {
  const ScratchFolder folder;
  const OutputForm form;
  PartFile part(folder.path("part"), form);
  part.add(failed_chunk(0, 2, 10, 3));
  part.finish({0, 1, 1, {1000, 77}});
  CHECK(folder.read("part") == "line 4 of file 2\n");
}

TEST_CASE("part file: what lacks numbers is packed once it has them, as everything else is piece by piece") {
  const ScratchFolder folder;
  auto form = packing_form();
  form.header = [](std::uint64_t) { return std::string("columns\n"); };
  PartFile part(folder.path("part"), form);
  auto packed = chunk_of(0);
  packed.output.text = "<row>";
  packed.is_packed = true;
  part.add(packed);
  auto without_rows = chunk_of(1);
  without_rows.output.text.clear();
  part.add(without_rows);
  part.add(failed_chunk(2, 0, 10, 3));
  part.finish({0, 3, 0, {}});
  CHECK(folder.read("part") == "<columns\n><row><line 6 of file 0\n>");
}

TEST_CASE("part file: without a row a packed one is an empty piece, and others are empty") {
  const ScratchFolder folder;
  const OutputForm plain;
  CHECK(PartFile(folder.path("plain"), plain).finish({}) == FinishedPart{0, 0, digest_of("")});
  CHECK(folder.read("plain").empty());
  const auto packing = packing_form();
  CHECK(PartFile(folder.path("packed"), packing).finish({}).bytes == 2);
  CHECK(folder.read("packed") == "<>");
}

TEST_CASE("part file: a header that counts rows counts those of the part") {
  const ScratchFolder folder;
  const auto form = counting_form();
  PartFile part(folder.path("part"), form);
  part.add(chunk_of(0));
  part.add(chunk_of(1));
  const auto finished = part.finish({0, 2, 0, {}});
  CHECK(folder.read("part") == "rows 102\nrow 0\nrow 1\n");
  CHECK(finished.digest == digest_of(folder.read("part")));
}

TEST_CASE("part file: more rows than are read at once are copied whole behind a number") {
  const ScratchFolder folder;
  const OutputForm form;
  PartFile part(folder.path("part"), form);
  part.add(failed_chunk(0, 0, 10, 3));
  auto large = chunk_of(1);
  large.output.text.clear();
  for (int i = 0; i < 400'000; ++i) large.output.text += std::to_string(i) + "\n";
  const auto rows = large.output.text;
  part.add(std::move(large));
  part.finish({0, 2, 0, {}});
  CHECK((folder.read("part") == "line 4 of file 0\n" + rows));
}

TEST_CASE("part file: one that another process has taken the place of gets no name") {
  const ScratchFolder folder;
  const OutputForm form;
  PartFile part(folder.path("part"), form);
  part.add(chunk_of(0));
  std::filesystem::remove(folder.path("part.partial"));
  folder.write("part.partial", "of another run");
  CHECK_THAT(message_of<RunError>([&] {
               part.finish({0, 1, 0, {}});
             }),
             Contains("was taken away from this run"));
  CHECK_FALSE(folder.has("part"));
}

TEST_CASE("part file: one that cannot be made ends the run by name") {
  const ScratchFolder folder;
  const OutputForm form;
  CHECK_THAT(message_of<RunError>([&] { PartFile(folder.path("none/part"), form); }), Contains("none/part"));
}
