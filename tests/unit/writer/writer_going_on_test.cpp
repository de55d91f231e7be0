#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "unit/base/scratch_folder.hpp"
#include "unit/record/selected.hpp"
#include "unit/writer/writer_parts.hpp"

using namespace infer;
using infer::test::chunk_of;
using infer::test::config_of;
using infer::test::going_on;
using infer::test::journal_of;
using infer::test::nothing;
using infer::test::ScratchFolder;
using infer::test::selected;

TEST_CASE("writer with journal: a row number is that of the whole input, also after going on") {
  const ScratchFolder folder;
  auto config = config_of(folder, 3, 16);
  const auto counted = [](std::uint64_t id) {
    auto chunk = chunk_of(id);
    chunk.rows = 10;
    chunk.output = {"row \n", {{4, 7, Counter::row}}};
    return chunk;
  };
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    writer.submit(counted(0));
    writer.submit(counted(1));
    writer.stop();
  }
  auto journal = journal_of(config);
  const auto next = going_on(config, *journal);
  OrderedWriter writer(next, std::move(journal), nothing);
  writer.submit(counted(2));
  writer.finish();
  CHECK(folder.read("out.jsonl") == "row 7\nrow 17\nrow 27\n");
}

TEST_CASE("writer with journal: a retry replaces rows, and goes on in the middle as if in one go") {
  const ScratchFolder folder;
  const std::string failed = "{\"error\":{\"code\":\"bad\"}}\n";
  folder.write("out.jsonl", failed + "good\n" + failed + "good\n" + failed + "good\n");
  auto config = config_of(folder, 3, 16);
  config.retry.emplace();
  config.retry->selected = selected({0, 2, 4});
  config.run.replace = true;
  {
    OrderedWriter writer(config, journal_of(config), nothing);
    writer.submit(chunk_of(0));
    writer.submit(chunk_of(1));
    writer.stop();
    CHECK(folder.read("out.jsonl").starts_with(failed));
  }
  auto journal = journal_of(config);
  const auto next = going_on(config, *journal);
  CHECK(next.from.chunks == 2);
  OrderedWriter writer(next, std::move(journal), nothing);
  writer.submit(chunk_of(2));
  writer.finish();
  CHECK(folder.read("out.jsonl") == "row 0\ngood\nrow 1\ngood\nrow 2\ngood\n");
  CHECK(writer.progress().records == 6);
  CHECK_FALSE(folder.has("out.jsonl.journal"));
}

TEST_CASE("writer with journal: gone on after chunks without a row, a header is still before the rows") {
  const auto header = [](std::uint64_t rows) { return "rows: " + std::to_string(rows) + "\n"; };
  const auto chunk = [](std::uint64_t id) {
    auto blank = chunk_of(id);
    blank.rows = 0;
    blank.output.text.clear();
    return id < 3 ? blank : chunk_of(id);
  };
  for (std::uint64_t stop = 0; stop <= 5; ++stop) {
    const ScratchFolder folder;
    auto config = config_of(folder, 6, 16);
    config.form = {header, true};
    for (const auto end : {stop, std::uint64_t{6}}) {
      auto journal = journal_of(config);
      const auto next = going_on(config, *journal);
      OrderedWriter writer(next, std::move(journal), nothing);
      for (auto id = next.from.chunks; id < end; ++id) writer.submit(chunk(id));
      writer.stop();
    }
    CHECK(folder.read("out.jsonl") == "rows: 3\nrow 3\nrow 4\nrow 5\n");
  }
}
