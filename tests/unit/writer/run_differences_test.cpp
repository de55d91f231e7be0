#include "writer/journal/run_differences.hpp"

#include <catch2/catch.hpp>

#include "unit/writer/journal_parts.hpp"

using namespace infer;
using infer::test::run_of;

TEST_CASE("compare facts: what is the same is not told") {
  const auto run = run_of({{"a", "1", true}, {"b", "2", false}});
  CHECK(compare_facts(run, run).binding.empty());
  CHECK(compare_facts(run, run).other.empty());
}

TEST_CASE("compare facts: what changed, came or went is told with both values, binding ones apart") {
  const auto then =
      run_of({{"--top-k", "3", true}, {"--threads", "2", false}, {"gone", "x", true}, {"same", "1", true}});
  const auto now =
      run_of({{"same", "1", true}, {"--top-k", "5", true}, {"--threads", "4", false}, {"new", "y", true}});
  const auto differences = compare_facts(then, now);
  CHECK(differences.binding == std::vector<std::string>{"--top-k: 3 then, 5 now", "new: nothing then, y now",
                                                        "gone: x then, nothing now"});
  CHECK(differences.other == std::vector<std::string>{"--threads: 2 then, 4 now"});
}

TEST_CASE("compare facts: a name that is no UTF-8 compares as the journal reads it back") {
  const auto run = run_of({{"--input", "bad \xFF name.jsonl", true}});
  const auto read_back = parse_journal(journal_line(run)).run;
  REQUIRE(read_back.has_value());
  CHECK(compare_facts(*read_back, run).binding.empty());
}
