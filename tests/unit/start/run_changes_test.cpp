#include "start/earlier/run_changes.hpp"

#include <catch2/catch.hpp>

using namespace infer;

namespace {

RunRecord with(std::vector<Fact> facts) {
  RunRecord run;
  run.facts = std::move(facts);
  return run;
}

std::vector<std::string> for_retry(std::vector<Fact> then, std::vector<Fact> now) {
  return differences_for_retry(with(std::move(then)), with(std::move(now)));
}

}  // namespace

TEST_CASE("run changes: of another number of inputs that is said, and nothing of each") {
  const auto input = [](const std::string& file) {
    const auto name = "--input" + file;
    return std::vector<Fact>{{name, "/a.jsonl", true}, {name + ", bytes", "5", true}};
  };
  RunRecord one, two;
  one.facts = input("");
  two.facts = input(", file 1");
  for (const auto& fact : input(", file 2")) two.facts.push_back(fact);
  two.facts.push_back({"--top-k", "3", true});
  CHECK(differences_of(one, two).binding ==
        std::vector<std::string>{"--input: 1 file then, 2 now", "--top-k: nothing then, 3 now"});
  CHECK(differences_of(one, one).binding.empty());
}

TEST_CASE("run changes: of an input only the number of files counts, where that alone is asked") {
  const auto then =
      with({{"--input", "/a.jsonl", true}, {"--input, bytes", "5", true}, {"--top-k", "3", true}});
  const auto moved =
      with({{"--input", "/b.jsonl", true}, {"--input, bytes", "6", true}, {"--top-k", "3", true}});
  CHECK(differences_but_input(then, moved).binding.empty());
  CHECK(differences_of(then, moved).binding.size() == 2);
  CHECK(differences_but_input(then, with({{"--top-k", "3", true}})).binding ==
        std::vector<std::string>{"--input: 1 file then, 0 now"});
}

TEST_CASE("run changes: a flag of another name is no input, however it begins") {
  CHECK(for_retry({{"--input", "/a.jsonl", true}}, {{"--input", "/b.jsonl", true}}).empty());
  CHECK(for_retry({{"--input-format", "csv", true}}, {{"--input-format", "jsonl", true}}).size() == 1);
}

TEST_CASE("run changes: a retry may change how much of a text is taken only where none was cut") {
  for (const std::string cut : {"yes", "no"}) {
    const std::vector<Fact> then{{"--truncate", cut, true}, {"--max-length", "128", true}};
    const std::vector<Fact> longer{{"--truncate", cut, true}, {"--max-length", "256", true}};
    INFO(cut);
    CHECK(for_retry(then, longer).empty() == (cut == "no"));
    const std::vector<Fact> other_way{{"--truncate", cut == "no" ? "yes" : "no", true},
                                      {"--max-length", "128", true}};
    CHECK(for_retry(then, other_way).empty() == (cut == "no"));
  }
}

TEST_CASE(
    "run changes: a retry may take what was refused for a missing number, and not the other way round") {
  const std::vector<Fact> refused{{"--missing", "error", true}};
  const std::vector<Fact> taken{{"--missing", "nan", true}};
  CHECK(for_retry(refused, taken).empty());
  CHECK(for_retry(taken, refused) == std::vector<std::string>{"--missing: nan then, error now"});
}
