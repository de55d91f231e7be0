// The kinds of value a flag may have: how each is checked, put into a configuration and written again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/near_name.hpp"
#include "flags/flag.hpp"

namespace infer::detail {

/// Follows members from a configuration: at(&RunConfig::results, &ResultOptions::top_k).
template <class... Members>
auto at(Members... members) {
  return [=](auto& config) -> auto& { return (config.*....*members); };
}

template <class At>
using Target = std::remove_cvref_t<std::invoke_result_t<At, RunConfig&>>;

/// The value, if it has one.
template <class Value>
const Value* value_of(const Value& value) {
  return &value;
}
template <class Value>
const Value* value_of(const std::optional<Value>& value) {
  return value ? &*value : nullptr;
}

inline std::string item_text(double value) { return number_text(value); }
inline std::string item_text(Seconds value) { return number_text(value.count()); }
inline std::string item_text(const std::string& value) { return value; }
inline std::string item_text(int value) { return std::to_string(value); }
inline std::string item_text(std::uint64_t value) { return std::to_string(value); }

constexpr auto kItemText = [](const auto& value) { return item_text(value); };

/// Writes what is at a place with `as_text`, unless nothing is.
template <class At, class AsText>
auto text_with(At place, AsText as_text) {
  return [=](const RunConfig& config) -> std::optional<std::string> {
    const auto* value = value_of(place(config));
    return value == nullptr ? std::nullopt : std::optional<std::string>(as_text(*value));
  };
}

template <class Number>
Number at_least(const std::string& flag, Number value, Number lowest) {
  if (!(value >= lowest))
    throw UsageError(flag + " " + item_text(value) + ": give at least " + item_text(lowest));
  return value;
}

/// Throws UsageError when `text` is none.
double parse_real(const std::string& flag, const std::string& text);

/// Longer than any limit means is no limit; what nanoseconds can count is one.
Seconds duration(const std::string& flag, double seconds, double lowest);

/// "-" for the standard output whatever it is called: descriptor 1 leads to stderr by now,
/// base/standard_output.hpp.
std::string own_name(const std::string& flag, const std::string& path);

template <class At>
FlagValue on_off(At place) {
  return {ValueForm::on_off,
          [=](RunConfig& config, const GivenValue& value, const std::string&) {
            place(config) = std::get<bool>(value);
          },
          text_with(place, [](bool is_so) { return is_so ? "yes" : "no"; })};
}

/// Any text, as `parse` makes it the value there and `as_text` the text again.
template <class At, class Parse, class AsText = decltype(kItemText)>
FlagValue text_as(At place, Parse parse, AsText as_text = kItemText) {
  return {ValueForm::text,
          [=](RunConfig& config, const GivenValue& value, const std::string& flag) {
            place(config) = parse(flag, std::get<std::string>(value));
          },
          text_with(place, as_text)};
}

template <class At>
FlagValue text(At place) {
  return text_as(place, [](const std::string&, const std::string& given) { return given; });
}

template <class At>
FlagValue real(At place) {
  return text_as(place, parse_real);
}

template <class At>
FlagValue real_at_least(At place, double lowest) {
  return text_as(place, [lowest](const std::string& flag, const std::string& given) {
    return at_least(flag, parse_real(flag, given), lowest);
  });
}

/// Several texts; `put_one` adds one of them to what is there.
template <class At, class PutOne, class ItemText>
FlagValue texts_as(At place, PutOne put_one, ItemText as_text) {
  return {ValueForm::texts,
          [=](RunConfig& config, const GivenValue& value, const std::string& flag) {
            for (const auto& item : std::get<std::vector<std::string>>(value))
              put_one(place(config), flag, item);
          },
          [=](const RunConfig& config) -> std::optional<std::string> {
            std::vector<std::string> items;
            for (const auto& item : place(config)) items.push_back(as_text(item));
            return joined(items, " ");
          }};
}

template <class At>
FlagValue texts(At place) {
  return texts_as(
      place, [](auto& texts, const std::string&, const std::string& item) { texts.push_back(item); },
      [](const std::string& item) { return item; });
}

/// Such a text for each output of the run, in order.
FlagValue for_outputs(FlagValue of_one);

/// "a,b"; given, it takes the place of what is there.
template <class At>
FlagValue comma_list(At place) {
  return {ValueForm::comma_list,
          [=](RunConfig& config, const GivenValue& value, const std::string&) {
            place(config) = std::get<std::vector<std::string>>(value);
          },
          text_with(place, [](const std::vector<std::string>& items) { return joined(items, ","); })};
}

template <class Value>
using Choices = std::vector<std::pair<std::string, Value>>;

template <class Value>
std::vector<std::string> choice_names(const Choices<Value>& choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return names;
}

[[noreturn]] inline void refuse_choice(const std::string& flag, const std::string& given,
                                       const std::vector<std::string>& names) {
  throw UsageError(flag + " " + given + ": choose one of " + joined(names, ", ") +
                   did_you_mean(near_names(given, names)));
}

template <class At>
FlagValue choice(At place, Choices<Target<At>> choices) {
  const auto put = [=](RunConfig& config, const GivenValue& given, const std::string& flag) {
    const auto& name = std::get<std::string>(given);
    const auto chosen =
        std::ranges::find_if(choices, [&](const auto& choice) { return choice.first == name; });
    if (chosen == choices.end()) refuse_choice(flag, name, choice_names(choices));
    place(config) = chosen->second;
  };
  const auto text = [=](const RunConfig& config) -> std::optional<std::string> {
    for (const auto& [name, value] : choices) {
      if (place(config) == value) return name;
    }
    return std::nullopt;
  };
  return {ValueForm::text, put, text, choice_names(choices)};
}

/// The same value under a name of its own in the help: FILE and FOLDER are completed by shells.
inline FlagValue named(std::string name, FlagValue value) {
  value.name = std::move(name);
  return value;
}

/// One of the few flags that the short help has, with its line there.
inline Flag common(std::string brief, Flag flag) {
  flag.brief = std::move(brief);
  return flag;
}

enum class Zero { is_a_number, means_default };

/// A number that CLI11 reads as `Given`.
template <class Given, class At>
FlagValue number(ValueForm form, At place, Given lowest, Zero zero) {
  return {form,
          [=](RunConfig& config, const GivenValue& given, const std::string& flag) {
            const auto value = std::get<Given>(given);
            if (zero == Zero::means_default && value == 0) return;
            place(config) = at_least(flag, value, lowest);
          },
          text_with(place, kItemText)};
}

template <class At>
FlagValue count(At place, std::uint64_t lowest, Zero zero = Zero::is_a_number) {
  return number(ValueForm::count, place, lowest, zero);
}

template <class At>
FlagValue whole(At place, int lowest, Zero zero = Zero::is_a_number) {
  return number(ValueForm::whole, place, lowest, zero);
}

template <class At>
FlagValue bytes(At place, std::uint64_t lowest, Zero zero = Zero::is_a_number) {
  return number(ValueForm::bytes, place, lowest, zero);
}

template <class At>
FlagValue seconds(At place, double lowest, Zero zero = Zero::is_a_number) {
  return {ValueForm::seconds,
          [=](RunConfig& config, const GivenValue& given, const std::string& flag) {
            const auto value = std::get<double>(given);
            if (zero == Zero::means_default && value == 0) return;
            place(config) = duration(flag, value, lowest);
          },
          text_with(place, kItemText)};
}

// One function per file of rows.
FlagGroup model_and_input_flags();
FlagGroup picture_flags();
FlagGroup output_flags();
FlagGroup task_flags();
FlagGroup error_flags();
FlagGroup stop_flags();
FlagGroup resource_flags();
FlagGroup general_flags();

}  // namespace infer::detail
