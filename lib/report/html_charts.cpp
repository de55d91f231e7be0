#include "report/html_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "report/html_text.hpp"
#include "report/number_texts.hpp"

namespace infer::detail {
namespace {

constexpr double kHeight = 100;
constexpr double kGap = 0.12;            ///< between bars, of a bar's place
constexpr std::size_t kMostHints = 200;  ///< more bars become one shape, which takes less text
constexpr std::size_t kMostLabels = 7;

/// Two decimals.
std::string coordinate(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", value);
  return text.data();
}

struct Box {
  double x = 0;
  double width = 1;
  double height = 0;
};

std::string rectangle(const Box& box, const std::string& hint) {
  return "<rect x=\"" + coordinate(box.x) + "\" y=\"" + coordinate(kHeight - box.height) + "\" width=\"" +
         coordinate(box.width) + "\" height=\"" + coordinate(box.height) + "\"><title>" + escaped(hint) +
         "</title></rect>\n";
}

std::string outline(const Box& box) {
  return 'M' + coordinate(box.x) + ' ' + coordinate(kHeight) + 'v' + coordinate(-box.height) + 'h' +
         coordinate(box.width) + 'v' + coordinate(box.height);
}

std::string shapes(const std::vector<Bar>& bars, double top) {
  const bool has_hints = bars.size() <= kMostHints;
  const auto gap = has_hints ? kGap : 0;
  std::string out = has_hints ? "" : "<path d=\"";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const Box box{static_cast<double>(i) + gap / 2, 1 - gap, top > 0 ? kHeight * bars[i].value / top : 0};
    out += has_hints ? rectangle(box, bars[i].hint) : outline(box);
  }
  return has_hints ? out : out + "\"/>\n";
}

/// Of every so many bars, so that they do not run into each other.
std::string labels(const std::vector<Bar>& bars) {
  const auto every = (bars.size() + kMostLabels - 1) / kMostLabels;
  std::string out = "<div class=\"x\">";
  for (std::size_t i = 0; i < bars.size(); i += std::max<std::size_t>(1, every)) {
    const auto left = 100 * (static_cast<double>(i) + 0.5) / static_cast<double>(bars.size());
    out += "<span style=\"left:" + coordinate(left) + "%\">" + escaped(bars[i].label) + "</span>";
  }
  return out + "</div>";
}

std::string axis(double top, const BarChart& chart) {
  std::string out = "<div class=\"y\">";
  for (const double part : {1.0, 0.5, 0.0}) {
    const auto value = part * top;
    out += "<span>" + (chart.is_share ? percent_number(value) : grouped_number(value)) + "</span>";
  }
  return out + "</div>";
}

}  // namespace

double round_above(double value) {
  if (!(value > 0)) return 1;
  const auto power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double digit : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (value <= digit * power) return digit * power;
  }
  return 10 * power;
}

std::string BarChart::html() const {
  double most = 0;
  for (const auto& bar : bars) most = std::max(most, bar.value);
  const auto top = is_share ? 1 : round_above(most);
  std::string out = "<figure><figcaption>" + escaped(title) +
                    (unit.empty() ? "" : " <small>" + escaped(unit) + "</small>") + "</figcaption>";
  out += "<div class=\"plot\">" + axis(top, *this) + "<svg viewBox=\"0 0 " + std::to_string(bars.size()) +
         " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" + escaped(title) + "\">\n" +
         shapes(bars, top) + "</svg>" + labels(bars) + "</div>";
  if (!note.empty()) out += "<p class=\"note\">" + escaped(note) + "</p>";
  return out + "</figure>\n";
}

/// The last step may have just begun: its rate is that of the part that there was.
BarChart throughput_chart(const RunAccount& run) {
  const auto step = run.throughput.step_seconds();
  const auto& steps = run.throughput.steps();
  BarChart chart{"Rows per second", "", {}, ""};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto begin = static_cast<double>(i) * step;
    const auto seconds = std::clamp(run.session.seconds - begin, step / 4, step);
    const auto rate = static_cast<double>(steps[i].rows) / seconds;
    chart.bars.push_back({rate, clock_number(begin),
                          clock_number(begin) + ": " + counted(steps[i].rows, "row") + ", " +
                              grouped_number(rate) + " rows/s"});
  }
  chart.note = "As chunks reached rank 0, in steps of " + duration_number(step) + ".";
  return chart;
}

BarChart sizes_chart(std::string title, const SizeCounts& sizes, std::string note) {
  const auto is_full = [](std::uint64_t count) { return count > 0; };
  const auto first = std::ranges::find_if(sizes.counts, is_full) - sizes.counts.begin();
  const auto last =
      std::find_if(sizes.counts.rbegin(), sizes.counts.rend(), is_full).base() - sizes.counts.begin();
  BarChart chart{std::move(title), "", {}, std::move(note)};
  for (auto bin = static_cast<std::size_t>(first); bin < static_cast<std::size_t>(last); ++bin) {
    const auto from = SizeCounts::begin(bin);
    const auto to = SizeCounts::begin(bin + 1) - 1;
    const auto range = std::to_string(from) + (from == to ? "" : "–" + std::to_string(to));
    chart.bars.push_back({static_cast<double>(sizes.counts[bin]), std::to_string(from),
                          range + ": " + grouped_number(sizes.counts[bin])});
  }
  return chart;
}

std::string share_bar(double share) {
  return "<svg class=\"share\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
         "<rect class=\"back\" width=\"100\" height=\"8\"/><rect width=\"" +
         coordinate(100 * share) + "\" height=\"8\"/></svg>";
}

}  // namespace infer::detail
