#include "peek/text_grid.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "peek/shown_row.hpp"

namespace infer {
namespace {

std::string left(std::string text, std::size_t columns) {
  text.append(columns - std::min(columns, columns_of(text)), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t columns) {
  return std::string(columns - std::min(columns, columns_of(text)), ' ') + text;
}

}  // namespace

void TextGrid::add(std::vector<std::string> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], columns_of(cells[i]));
  rows_.push_back(std::move(cells));
}

std::vector<std::string> TextGrid::lines() const {
  std::vector<std::string> lines;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += "  " + (columns_[i] == Align::right ? right(row[i], widths_[i]) : left(row[i], widths_[i]));
    line.resize(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace infer
