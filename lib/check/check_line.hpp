// A line of the table that `infer check` makes: what was looked at, how it stands, and what to do.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "base/message.hpp"

namespace infer {

/// By rising weight.
enum class Verdict : std::uint8_t {
  ok,
  skip,  ///< not looked at: what it needs has failed
  warn,
  fail,  ///< a run would not end with exit code 0
};

/// "ok", "skip", "warn", "fail".
std::string_view verdict_name(Verdict verdict);

struct Finding {
  Verdict verdict = Verdict::ok;
  std::string found;
  std::string remedy{};  ///< empty: there is none, or nothing is to be done

  bool operator==(const Finding&) const = default;
};

template <class Archive, MaybeConst<Finding> Value>
void fields(Archive& all, Value& finding) {
  all(finding.verdict, finding.found, finding.remedy);
}

struct CheckLine {
  std::string name;
  Finding finding;
};

/// A message of a run, whose remedy stands behind its last semicolon.
Finding finding_of(Verdict verdict, const std::string& message);
/// Of what a look threw.
Finding failure(const std::exception& error);
/// `line` has failed, without which there is nothing to look at.
Finding not_looked_at(const std::string& line);

}  // namespace infer
