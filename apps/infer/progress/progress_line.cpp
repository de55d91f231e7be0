#include "progress/progress_line.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace infer {
namespace {

constexpr const char* kRed = "\033[31m";
constexpr const char* kYellow = "\033[33m";
constexpr const char* kPlain = "\033[0m";
constexpr std::string_view kBetween = ", ";

/// One thing to say. Of two the one with the lower rank stays longer.
struct Item {
  int rank = 0;
  std::string text;
  std::string brief;
  const char* colour = nullptr;
};

std::string time_left(const RunProgress& p) {
  constexpr double kLongest = 100 * 86'400;
  const auto seconds = seconds_left(p);
  if (!seconds) return "? left";
  if (*seconds > kLongest) return "> 100 days left";
  const auto left = static_cast<long>(*seconds);
  return fmt::format("{}:{:02}:{:02} left", left / 3600, left / 60 % 60, left % 60);
}

std::string late_text(const std::vector<std::string>& late) {
  const auto more = late.size() > 1 ? fmt::format(" and {} more", late.size() - 1) : "";
  return "late: " + late.front() + more;
}

std::vector<Item> items_of(const RunProgress& p) {
  const auto rows_per_s = rate_text(rate(static_cast<double>(p.rows - p.resumed_rows), p.seconds));
  std::vector<Item> items;
  const auto add = [&](int rank, std::string text, std::string brief, const char* colour = nullptr) {
    items.push_back({rank, std::move(text), std::move(brief), colour});
  };
  add(4, counted(p.rows, "row"), counted(p.rows, "row"));
  add(p.failed > 0 ? 3 : 7, grouped_number(p.failed) + " failed", grouped_number(p.failed) + " failed",
      p.failed > 0 ? kRed : nullptr);
  add(5, rows_per_s + " rows/s", rows_per_s + "/s");
  if (p.tokens > 0) {
    const auto tokens_per_s = rate_text(rate(static_cast<double>(p.tokens), p.seconds));
    add(6, tokens_per_s + " tokens/s", tokens_per_s + " tok/s");
  }
  if (const auto done = share_done(p)) {
    const auto percent = fmt::format("{:.0f} %", 100 * *done);
    add(0, percent, percent);
    add(1, time_left(p), time_left(p));
  }
  if (!p.late.empty()) add(2, late_text(p.late), fmt::format("{} late", p.late.size()), kYellow);
  return items;
}

std::size_t width_of(const std::vector<Item>& items) {
  std::size_t width = 0;
  for (const auto& item : items) width += (width > 0 ? kBetween.size() : 0) + item.text.size();
  return width;
}

/// Long words become short ones, one after the other, and then the least important go.
void fit(std::vector<Item>& items, std::size_t columns) {
  const auto least = [&](bool longer) {
    auto found = items.end();
    for (auto item = items.begin(); item != items.end(); ++item) {
      if (longer && item->text == item->brief) continue;
      if (found == items.end() || item->rank > found->rank) found = item;
    }
    return found;
  };
  while (width_of(items) > columns && items.size() > 1) {
    if (const auto item = least(true); item != items.end()) {
      item->text = item->brief;
    } else {
      items.erase(least(false));
    }
  }
}

}  // namespace

double rate(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

std::string rate_text(double per_second) {
  constexpr double kFew = 100;
  if (per_second < kFew) return fmt::format("{:.3g}", per_second);
  return grouped_number(static_cast<std::uint64_t>(per_second + 0.5));
}

std::optional<double> share_done(const RunProgress& p) {
  if (!p.total_bytes) return std::nullopt;
  if (*p.total_bytes == 0) return 1;
  return std::min(1.0, static_cast<double>(p.bytes) / static_cast<double>(*p.total_bytes));
}

std::optional<double> seconds_left(const RunProgress& p) {
  if (!p.total_bytes || p.bytes <= p.resumed_bytes) return std::nullopt;
  const auto done = static_cast<double>(p.bytes - p.resumed_bytes);
  const auto to_do = static_cast<double>(*p.total_bytes) - static_cast<double>(p.resumed_bytes);
  return std::max(0.0, p.seconds * (to_do - done) / done);
}

std::string progress_line(const RunProgress& progress) {
  std::string line;
  for (const auto& item : items_of(progress)) line += (line.empty() ? "" : ", ") + item.text;
  return line;
}

FittedLine progress_line(const RunProgress& progress, std::size_t columns, bool coloured) {
  auto items = items_of(progress);
  fit(items, columns);
  FittedLine line;
  for (const auto& item : items) {
    if (!line.text.empty()) line.text += kBetween;
    const auto text = item.text.substr(0, columns);  // the last one left, in no columns to speak of
    line.text += coloured && item.colour != nullptr ? item.colour + text + kPlain : text;
  }
  line.columns = std::min(width_of(items), columns);
  return line;
}

}  // namespace infer
