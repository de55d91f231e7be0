#include "check/check_report.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "json/json_text.hpp"

namespace infer {
namespace {

constexpr std::size_t kNameWidth = 9;
constexpr std::size_t kVerdictWidth = 4;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string row(const std::string& name, const std::string& verdict, const std::string& found,
                const std::string& remedy) {
  return padded(name, kNameWidth) + " | " + padded(verdict, kVerdictWidth) + " | " + printable(found) +
         (remedy.empty() ? "" : " | " + printable(remedy)) + '\n';
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  append_json_string(out, key);
  out += ':';
  append_json_string(out, value);
}

void append_line(std::string& out, const CheckLine& line) {
  out += '{';
  append_member(out, "name", line.name);
  append_member(out += ',', "verdict", verdict_name(line.finding.verdict));
  append_member(out += ',', "found", line.finding.found);
  append_member(out += ',', "remedy", line.finding.remedy);
  out += '}';
}

}  // namespace

std::string table_head() { return row("what", "how", "what was found", "what to do"); }

std::string table_row(const CheckLine& line) {
  const auto& finding = line.finding;
  return row(line.name, std::string(verdict_name(finding.verdict)), finding.found, finding.remedy);
}

std::string check_json(std::span<const CheckLine> lines) {
  auto worst = Verdict::ok;
  for (const auto& line : lines) worst = std::max(worst, line.finding.verdict);
  std::string out = "{";
  append_member(out, "verdict", verdict_name(worst));
  out += ",\"lines\":[";
  for (const auto& line : lines) {
    if (&line != lines.data()) out += ',';
    append_line(out, line);
  }
  return out + "]}\n";
}

}  // namespace infer
