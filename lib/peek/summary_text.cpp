// A summary as a person reads it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.hpp"
#include "peek/result_look.hpp"
#include "peek/shown_row.hpp"
#include "peek/text_grid.hpp"
#include "report/number_texts.hpp"

namespace infer {
namespace {

constexpr std::size_t kUsualColumns = 80;
constexpr std::size_t kMostBar = 40;
constexpr std::size_t kBins = 10;
constexpr std::size_t kMostDimensions = 10;  ///< that are named
constexpr std::size_t kMostName = 40;        ///< columns of a label
constexpr std::size_t kShareColumns = 15;    ///< of "100.0 %" and what stands between cells

/// Four digits that matter, and all of a whole number.
std::string number(double value) {
  constexpr double kMostWhole = 1e15;
  if (value == std::floor(value) && std::abs(value) < kMostWhole) return number_text(value);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string share_text(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * share);
  return text.data();
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// The text, line by line.
class SummaryText {
 public:
  SummaryText(const ResultLook& look, const LookSize& size)
      : look_(look), summary_(look.summary), size_(size) {}

  std::string make() {
    say_what();
    say_failures();
    for (const auto& column : summary_.labels()) say_labels(column);
    for (const auto& column : summary_.numbers()) say_numbers(column);
    for (const auto& column : summary_.vectors()) say_vectors(column);
    if (summary_.has_more_columns()) line("\nThere are more fields than are summed up.");
    return std::move(out_);
  }

 private:
  void line(const std::string& text) {
    out_ += size_.columns == 0 ? text : cut_to_columns(text, size_.columns);
    out_ += '\n';
  }
  void lines(const TextGrid& grid) {
    for (const auto& text : grid.lines()) line(text);
  }

  void say_what() {
    const auto first = printable(look_.names.front());
    const auto more = look_.names.size() - 1;
    const auto parts = look_.files.size();
    line(first + (more > 0 ? " and " + std::to_string(more) + " more" : "") + ": " + form_names(look_.files) +
         (parts > 1 ? ", " + grouped_number(parts) + " files" : ""));
    const auto task = summary_.task() ? " of " + std::string(task_name(*summary_.task())) : "";
    line("  " + counted(summary_.rows(), "row") + task);
    line("  " + grouped_number(summary_.ok()) + " ok, " + grouped_number(summary_.failed()) + " failed" +
         share_of_failed() + unreadable());
    if (!summary_.carried().empty()) line("  copied fields: " + printable(joined(summary_.carried(), ", ")));
    for (const auto& note : look_.notes) line("  " + printable(note));
  }

  std::string unreadable() const {
    return summary_.unreadable() == 0 ? "" : ", " + grouped_number(summary_.unreadable()) + " unreadable";
  }

  std::string share_of_failed() const {
    if (summary_.failed() == 0) return "";
    return " (" + share_text(share_of(summary_.failed(), summary_.rows())) + ")";
  }

  static void add_failures(TextGrid& grid, const CodeFailures& failures) {
    grid.add({grouped_number(failures.rows), printable(failures.code),
              failures.first.empty() ? "" : failures.first.front()});
    for (std::size_t i = 1; i < failures.first.size(); ++i) grid.add({"", "", failures.first[i]});
  }

  void say_failures() {
    const auto failures = summary_.failures();
    const bool is_told = !failures.empty() || summary_.unreadable() > 0;
    if (!is_told && summary_.failed() == 0) return;
    line("\nfailed");
    if (!is_told) return line("  rows of NaN; no list of errors is beside the file");
    TextGrid grid({TextGrid::Align::right, TextGrid::Align::left, TextGrid::Align::left});
    for (const auto& each : failures) add_failures(grid, each);
    if (summary_.unreadable() > 0) {
      auto unreadable = summary_.unreadable_rows();
      unreadable.code = "unreadable";
      add_failures(grid, unreadable);
    }
    lines(grid);
  }

  /// What is left beside the cells of a grid.
  std::size_t bar_columns(std::size_t taken) const {
    const auto columns = size_.columns == 0 ? kUsualColumns : size_.columns;
    return std::clamp<std::size_t>(columns - std::min(columns, taken), 1, kMostBar);
  }

  static std::string bar(double share, double most, std::size_t columns) {
    const auto length = most > 0 ? share / most * static_cast<double>(columns) : 0;
    const auto full = static_cast<std::size_t>(std::lround(length));
    return std::string(share > 0 ? std::max<std::size_t>(full, 1) : 0, '#');
  }

  void say_labels(const SummaryColumn<LabelCounts>& column) {
    const auto& labels = column.column;
    const auto listed = labels.most_frequent(size_.labels);
    const bool has_others = labels.others() > 0;
    line(std::string("\n") + printable(column.text()) + ": " + (has_others ? "more than " : "") +
         grouped_number(labels.labels()) + " different, " + grouped_number(labels.total()) + " in all");
    TextGrid grid(
        {TextGrid::Align::left, TextGrid::Align::right, TextGrid::Align::right, TextGrid::Align::left});
    std::uint64_t told = 0;
    std::size_t widest = 0;
    for (const auto& each : listed)
      widest = std::max(widest, std::min(kMostName, columns_of(printable(each.label))));
    const auto most = listed.empty() ? 0 : share_of(listed.front().count, labels.total());
    for (const auto& [label, count] : listed) {
      const auto share = share_of(count, labels.total());
      told += count;
      grid.add({cut_to_columns(printable(label), kMostName), grouped_number(count), share_text(share),
                bar(share, most,
                    bar_columns(widest + grouped_number(listed.front().count).size() + kShareColumns))});
    }
    const auto rest = labels.total() - told;
    if (rest > 0) grid.add({"others", grouped_number(rest), share_text(share_of(rest, labels.total()))});
    lines(grid);
  }

  void say_range(const NumberColumn& numbers) {
    const auto [first, median, third] = numbers.quartiles();
    line("  min " + number(numbers.least()) + ", max " + number(numbers.most()) + ", mean " +
         number(numbers.mean()));
    line("  quartiles " + number(first) + "  " + number(median) + "  " + number(third));
  }

  void say_numbers(const SummaryColumn<NumberColumn>& column) {
    const auto& numbers = column.column;
    line(std::string("\n") + printable(column.text()) + ": " + counted(numbers.count(), "number") +
         (numbers.non_finite() > 0 ? ", " + grouped_number(numbers.non_finite()) + " NaN or infinite" : "") +
         (numbers.is_sampled() ? "; quartiles and bars by a sample of " +
                                     grouped_number(std::uint64_t{NumberColumn::kMostKept})
                               : ""));
    if (numbers.count() == 0) return;
    say_range(numbers);
    say_histogram(numbers);
  }

  void say_histogram(const NumberColumn& numbers) {
    const auto bins = numbers.histogram(kBins);
    if (bins.size() < 2) return;
    TextGrid grid(
        {TextGrid::Align::right, TextGrid::Align::right, TextGrid::Align::right, TextGrid::Align::left});
    double most = 0;
    for (const auto& bin : bins) most = std::max(most, bin.share);
    std::size_t taken = kShareColumns;
    for (const auto& bin : bins)
      taken = std::max(taken, kShareColumns + number(bin.begin).size() + number(bin.end).size());
    for (const auto& bin : bins)
      grid.add({number(bin.begin), bin.end > bin.begin ? number(bin.end) : "", share_text(bin.share),
                bar(bin.share, most, bar_columns(taken))});
    lines(grid);
  }

  void say_vectors(const SummaryColumn<VectorColumn>& column) {
    const auto& vectors = column.column;
    const bool is_even = vectors.least_width() == vectors.most_width();
    line(std::string("\n") + printable(column.text()) + ": " + counted(vectors.count(), "vector") + " of " +
         (is_even ? "" : grouped_number(std::uint64_t{vectors.least_width()}) + " to ") +
         grouped_number(std::uint64_t{vectors.most_width()}) + " values" +
         (look_.dtype.empty() ? "" : ", " + look_.dtype));
    TextGrid grid({TextGrid::Align::left, TextGrid::Align::left});
    if (const auto& norms = vectors.norms(); norms.count() > 0)
      grid.add(
          {"norm", number(norms.least()) + " to " + number(norms.most()) + ", mean " + number(norms.mean())});
    grid.add({"zero", grouped_number(vectors.zero())});
    grid.add({"not finite", grouped_number(vectors.non_finite())});
    grid.add({"repeated", repeats(vectors.repeats())});
    if (is_even) grid.add({"constant", dimensions(vectors.constant())});
    lines(grid);
  }

  static std::string repeats(const RepeatCounter& repeats) {
    const auto about = repeats.is_exact() ? "" : "about ";
    return about + grouped_number(repeats.repeated()) + "; " + about + grouped_number(repeats.different()) +
           " different" +
           (repeats.is_exact() ? ""
                               : " (by a sample: more than " +
                                     grouped_number(std::uint64_t{RepeatCounter::kMostDifferent}) + ")");
  }

  static std::string dimensions(const std::vector<std::size_t>& constant) {
    if (constant.empty()) return "no dimension";
    std::string text = counted(constant.size(), "dimension") + ": ";
    for (std::size_t i = 0; i < std::min(constant.size(), kMostDimensions); ++i)
      text += (i > 0 ? ", " : "") + std::to_string(constant[i]);
    return text + (constant.size() > kMostDimensions ? ", ..." : "");
  }

  const ResultLook& look_;
  const Summary& summary_;
  const LookSize& size_;
  std::string out_;
};

std::string_view form_name(const ResultFile& file) {
  return file.form == ResultForm::array ? "NumPy array" : traits(file.format).what;
}

}  // namespace

std::string form_names(const std::vector<ResultFile>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) {
    if (std::ranges::find(names, form_name(file)) == names.end()) names.emplace_back(form_name(file));
  }
  return joined(names, ", ");
}

std::string summary_text(const ResultLook& look, const LookSize& size) {
  return SummaryText(look, size).make();
}

}  // namespace infer
