#include "flags/flag.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "base/error.hpp"

using namespace infer;
using Catch::Matchers::Contains;

namespace {

/// By the flag, what it may be given beside a number; others take any text.
const std::map<std::string, std::string> kExamples{{"input-spec", "x:float32:[3]"},
                                                   {"field", "x=a.b"},
                                                   {"pad", "x=0.5"},
                                                   {"missing", "nan"},
                                                   {"decode", "gpu"},
                                                   {"npy-dtype", "float16"},
                                                   {"task", "entities"},
                                                   {"non-finite", "string"},
                                                   {"scores", "all"},
                                                   {"threshold", "0.25"},
                                                   {"truncate", "no"},
                                                   {"on-error", "skip"},
                                                   {"max-errors", "1%"},
                                                   {"sample", "5%"},
                                                   {"progress", "always"},
                                                   {"log-format", "json"},
                                                   {"fail-on-error-rate", "0.5%"},
                                                   {"min-rows-per-second", "7.5"},
                                                   {"input-format", "csv"},
                                                   {"schedule", "static"},
                                                   {"gather", "mpi"},
                                                   {"output-format", "csv.gz"}};

std::string example_text(const Flag& flag) {
  const auto known = kExamples.find(flag.name);
  return known == kExamples.end() ? "some-text" : known->second;
}

GivenValue example(const Flag& flag) {
  switch (flag.value.form) {
    case ValueForm::on_off: return true;
    case ValueForm::text: return example_text(flag);
    case ValueForm::texts:
    case ValueForm::outputs: return std::vector<std::string>{example_text(flag)};
    case ValueForm::comma_list: return std::vector<std::string>{"a", "b.c"};
    case ValueForm::count:
    case ValueForm::bytes: return std::uint64_t{77};
    case ValueForm::whole: return 77;
    case ValueForm::seconds: break;
  }
  return 77.0;
}

std::string expected_text(const Flag& flag) {
  switch (flag.value.form) {
    case ValueForm::on_off: return "yes";
    case ValueForm::text:
    case ValueForm::texts:
    case ValueForm::outputs: return example_text(flag);
    case ValueForm::comma_list: return "a,b.c";
    default: return "77";
  }
}

std::map<std::string, std::optional<std::string>> all_texts(const RunConfig& config) {
  std::map<std::string, std::optional<std::string>> texts;
  for_each_flag([&](const Flag& flag) { texts[flag.name] = flag.value.text(config); });
  return texts;
}

}  // namespace

TEST_CASE("flags: no two have one name or one letter") {
  std::set<std::string> names;
  std::set<char> letters{'h', 'V'};
  for_each_flag([&](const Flag& flag) {
    INFO(flag.name);
    CHECK(names.insert(flag.name).second);
    CHECK((flag.letter == '\0' || letters.insert(flag.letter).second));
  });
  CHECK(names.size() > 40);
}

TEST_CASE("flags: what one is given can be written again, and changes nothing else") {
  const auto before = all_texts({});
  for_each_flag([&](const Flag& flag) {
    INFO(flag.name);
    RunConfig config;
    flag.value.put(config, example(flag), "--" + flag.name);
    auto expected = before;
    expected[flag.name] = expected_text(flag);
    CHECK(before.at(flag.name) != expected[flag.name]);
    CHECK(all_texts(config) == expected);
  });
}

TEST_CASE("flags: 0 is the default where a number of nothing means nothing, and refused elsewhere") {
  const std::set<std::string> defaults{"max-length",  "time-limit", "replicas",    "threads",
                                       "chunk-bytes", "part-bytes", "repeat-cache"};
  const std::set<std::string> allowed{"seed", "sample-seed", "drain-timeout", "journal-interval"};
  for_each_flag([&](const Flag& flag) {
    INFO(flag.name);
    RunConfig config;
    const auto put = [&](const GivenValue& zero) { flag.value.put(config, zero, "--" + flag.name); };
    const auto put_zero = [&] {
      switch (flag.value.form) {
        case ValueForm::count:
        case ValueForm::bytes: return put(std::uint64_t{0});
        case ValueForm::whole: return put(0);
        default: return put(0.0);
      }
    };
    if (flag.value.form < ValueForm::count) return;
    if (defaults.contains(flag.name)) {
      put_zero();
      CHECK(flag.value.text(config) == std::nullopt);
    } else if (allowed.contains(flag.name)) {
      put_zero();
      CHECK(flag.value.text(config) == "0");
    } else {
      CHECK_THROWS_WITH(put_zero(), Contains("--" + flag.name + " 0: give at least "));
    }
  });
}

TEST_CASE("flags: one of several words is refused with all of them when it is another") {
  for_each_flag([&](const Flag& flag) {
    if (flag.name != "on-error") return;
    RunConfig config;
    CHECK_THROWS_WITH(flag.value.put(config, std::string("stop"), "--on-error"),
                      "--on-error stop: choose one of record, skip, fail");
  });
}
