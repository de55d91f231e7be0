// Bars as inline SVG, which takes any width; what is to be read stands around it as HTML, so that it keeps
// its size. Internal to the report.
#pragma once

#include <string>
#include <vector>

#include "record/size_counts.hpp"
#include "report/run_account.hpp"

namespace infer::detail {

struct Bar {
  double value = 0;
  std::string label{};  ///< below it
  std::string hint{};   ///< shown while the pointer is on it
};

struct BarChart {
  std::string title;
  std::string unit;  ///< behind the axis' numbers
  std::vector<Bar> bars;
  std::string note{};     ///< a sentence below
  bool is_share = false;  ///< values from 0 to 1, shown as percent

  std::string html() const;
};

/// A round number, such as 1, 1.5, 2, 2.5, 3, 4, ..., times a power of ten: the least that is not below
/// `value`.
double round_above(double value);

BarChart throughput_chart(const RunAccount& run);
BarChart sizes_chart(std::string title, const SizeCounts& sizes, std::string note);

/// A bar for one share, as wide as it is large.
std::string share_bar(double share);

}  // namespace infer::detail
