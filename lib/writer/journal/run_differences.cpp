#include "writer/journal/run_differences.hpp"

#include <map>
#include <string_view>

namespace infer {
namespace {

using Values = std::map<std::string_view, std::string_view>;

Values values_of(const RunRecord& run) {
  Values values;
  for (const auto& fact : run.facts) values.emplace(fact.name, fact.value);
  return values;
}

std::string value_in(const Values& values, const std::string& name) {
  const auto value = values.find(name);
  return std::string(value == values.end() ? "nothing" : value->second);
}

}  // namespace

Differences compare_facts(const RunRecord& then, const RunRecord& now) {
  // As the journal says it: a name that is no valid UTF-8 reads back differently.
  const auto current = parse_journal(journal_line(now)).run.value_or(now);
  const auto values_then = values_of(then);
  const auto values_now = values_of(current);
  Differences differences;
  const auto compare = [&](const Fact& fact) {
    const auto before = value_in(values_then, fact.name);
    const auto after = value_in(values_now, fact.name);
    if (before == after) return;
    (fact.binding ? differences.binding : differences.other)
        .push_back(fact.name + ": " + before + " then, " + after + " now");
  };
  for (const auto& fact : current.facts) compare(fact);
  for (const auto& fact : then.facts) {
    if (!values_now.contains(fact.name)) compare(fact);
  }
  return differences;
}

}  // namespace infer
