// The flags of `infer`, a row each: from them come the command line, the variables, the files of flags, the
// help, what --resume compares with the earlier run and what the ranks compare with one another.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace infer {

/// As it was given, before it is checked: of a switch, a text, a list, a count, a whole number, a number.
using GivenValue = std::variant<bool, std::string, std::vector<std::string>, std::uint64_t, int, double>;

/// What people may write.
enum class ValueForm {
  on_off,
  text,
  texts,       ///< the flag may be repeated, or take several
  outputs,     ///< likewise, a text each time: one for each output of the run
  comma_list,  ///< "a,b"
  count,       ///< 0 or more
  whole,       ///< below 0 too, so that the message can say what is allowed
  bytes,       ///< "64MiB"
  seconds,     ///< "90", "90s", "1.5h"
};

/// What a flag means to a configuration.
struct FlagValue {
  ValueForm form = ValueForm::text;
  /// Puts a value of the form's type in its place. `flag` is for messages. Throws UsageError with what is
  /// allowed.
  std::function<void(RunConfig& config, const GivenValue& value, const std::string& flag)> put;
  /// Empty: it has none, and no default.
  std::function<std::optional<std::string>(const RunConfig& config)> text;
  std::vector<std::string> choices{};  ///< all that may be given; empty: more than a list can name
  std::string name{};                  ///< of the value in the help; empty: what the form says
};

enum class FlagEffect {
  values,  ///< what a row says of its record, but for what is copied, is a function of it
  rows,    ///< so is what is copied, which rows there are, or where they are
  digits,  ///< last digits at most: another batch, device or number of threads
  none,
};

/// Whether all ranks must have been given the same.
enum class OnRanks { alike, each_its_own };

struct Flag {
  std::string name;  ///< long, without dashes
  std::string help;
  FlagValue value;
  FlagEffect effect;
  OnRanks ranks = OnRanks::alike;
  std::string fact{};  ///< which one of a run record tells of its effect; empty: "--name"
  char letter = '\0';
  bool may_be_empty = false;  ///< to mean: none
  std::string brief{};        ///< of a flag that most runs want: its line in the short help

  std::string fact_name() const { return fact.empty() ? "--" + name : fact; }
  /// "FILE", "N", "best|all"; empty for a switch.
  std::string value_name() const;
};

struct FlagGroup {
  std::string name;
  std::vector<Flag> flags;
};

/// In the order of the help. Made once.
const std::vector<FlagGroup>& flag_groups();

/// Calls `use` with each flag, in the order of the help.
void for_each_flag(const std::function<void(const Flag&)>& use);

}  // namespace infer
