#include "start/earlier/run_changes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "start/earlier/run_record.hpp"

namespace infer {
namespace {

/// A fact that a retry may change, if another one had this value then.
struct Changeable {
  std::string_view name;
  std::string_view other{};
  std::string_view value{};
};

constexpr std::string_view kChunkBytes = "--chunk-bytes";

constexpr std::array kChangeable{
    Changeable{"--max-record-bytes"},
    Changeable{"--max-image-pixels"},
    Changeable{"--image-root"},
    Changeable{"--images-anywhere"},
    Changeable{kChunkBytes},
    Changeable{"--errors"},
    Changeable{"--truncate", "--truncate", "no"},  // no row is of a text that was cut
    Changeable{"--max-length", "--truncate", "no"},
    Changeable{"--non-finite", "--non-finite", "null"},
    Changeable{"--missing", "--missing", "error"},
};

/// Of an input that is not as it was the records are found by their names and numbers.
bool may_change(const RunRecord& then, const Fact& fact) {
  if (is_input(fact)) return true;
  return std::ranges::any_of(kChangeable, [&](const Changeable& each) {
    if (each.name != fact.name) return false;
    return each.other.empty() || std::ranges::any_of(then.facts, [&](const Fact& other) {
             return other.name == each.other && other.value == each.value;
           });
  });
}

/// How many.
std::ptrdiff_t input_files(const RunRecord& run) { return std::ranges::count_if(run.facts, is_input_size); }

}  // namespace

Differences differences_but_input(const RunRecord& then, const RunRecord& now) {
  const auto files_then = input_files(then);
  const auto files_now = input_files(now);
  auto before = then;
  auto after = now;
  for (auto* facts : {&before.facts, &after.facts}) std::erase_if(*facts, is_input);
  auto found = compare_facts(before, after);
  if (files_then == files_now) return found;
  found.binding.insert(found.binding.begin(), "--input: " + counted(files_then, "file") + " then, " +
                                                  std::to_string(files_now) + " now");
  return found;
}

Differences differences_of(const RunRecord& then, const RunRecord& now) {
  return input_files(then) == input_files(now) ? compare_facts(then, now) : differences_but_input(then, now);
}

std::vector<std::string> differences_for_retry(const RunRecord& then, const RunRecord& now, bool is_cut) {
  auto before = then;
  auto after = now;
  for (auto* facts : {&before.facts, &after.facts})
    std::erase_if(*facts, [&](const Fact& fact) {
      return may_change(then, fact) && !(is_cut && fact.name == kChunkBytes);
    });
  return compare_facts(before, after).binding;
}

}  // namespace infer
