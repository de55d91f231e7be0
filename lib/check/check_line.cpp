#include "check/check_line.hpp"

#include <array>

#include "base/error.hpp"

namespace infer {

std::string_view verdict_name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames{"ok", "skip", "warn", "fail"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Finding finding_of(Verdict verdict, const std::string& message) {
  constexpr std::string_view kBetween = "; ";
  const auto at = message.rfind(kBetween);
  if (at == std::string::npos) return {verdict, message};
  return {verdict, message.substr(0, at), message.substr(at + kBetween.size())};
}

Finding failure(const std::exception& error) {
  return finding_of(Verdict::fail, failure_text(error, "checking"));
}

Finding not_looked_at(const std::string& line) {
  return {Verdict::skip, "not looked at: it needs \"" + line + "\""};
}

}  // namespace infer
