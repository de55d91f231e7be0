#include "peek/shown_row.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.hpp"
#include "json/float_text.hpp"

namespace infer {
namespace {

constexpr std::string_view kEllipsis = "\u2026";
constexpr std::size_t kMostItems = 8;  ///< of a list that is shortened

/// Behind the string that begins at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

/// With no more than `most` items of each list, which may lie in each other.
class ShortLists {
 public:
  ShortLists(std::string_view json, std::size_t most) : json_(json), most_(most) {}

  std::string make() {
    while (at_ < json_.size()) step();
    return std::move(out_);
  }

 private:
  struct Container {
    bool is_list = false;
    std::size_t items = 0;     ///< before the one under way
    bool is_left_out = false;  ///< what is in it
  };

  bool is_left_out() const { return !open_.empty() && open_.back().is_left_out; }

  void append(std::string_view text) {
    if (!is_left_out()) out_ += text;
  }

  void step() {
    const char c = json_[at_];
    if (c == '"') {
      const auto end = string_end(json_, at_);
      append(json_.substr(at_, end - at_));
      at_ = end;
      return;
    }
    if (c == '[' || c == '{') {
      append(json_.substr(at_, 1));
      open_.push_back({c == '[', 0, is_left_out()});
    } else if ((c == ']' || c == '}') && !open_.empty()) {
      close(c);
    } else if (c == ',' && !open_.empty() && open_.back().is_list) {
      next_item();
    } else {
      append(json_.substr(at_, 1));
    }
    ++at_;
  }

  void next_item() {
    auto& list = open_.back();
    append(",");
    ++list.items;
    if (list.items == most_) list.is_left_out = true;
  }

  void close(char c) {
    const auto closed = open_.back();
    open_.pop_back();
    if (is_left_out()) return;
    if (closed.is_list && closed.items >= most_)
      out_.append(kEllipsis).append(std::to_string(closed.items + 1 - most_)).append(" more");
    out_ += c;
  }

  std::string_view json_;
  std::size_t most_;
  std::size_t at_ = 0;
  std::vector<Container> open_;
  std::string out_;
};

}  // namespace

std::size_t columns_of(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string cut_to_columns(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::size_t size = 0;
  for (std::size_t taken = 0; taken + 1 < columns && size < text.size(); ++taken)
    size += std::max<std::size_t>(1, utf8_length(text.substr(size)));
  return std::string(text.substr(0, size)) + std::string(kEllipsis);
}

std::string shown_row(std::string_view json, std::size_t columns) {
  auto text = printable(json);
  for (auto most = kMostItems; most > 0 && columns_of(text) > columns; --most)
    text = printable(ShortLists(json, most).make());
  return cut_to_columns(text, columns);
}

void append_vector(std::string& out, std::span<const double> vector, bool is_float64) {
  out += '[';
  for (const auto value : vector) {
    if (out.back() != '[') out += ',';
    if (!std::isfinite(value)) {
      out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    } else if (is_float64) {
      out += number_text(value);
    } else {
      std::array<char, kFloatRoom> text{};
      out.append(text.data(), write_float(text.data(), static_cast<float>(value)));
    }
  }
  out += ']';
}

}  // namespace infer
