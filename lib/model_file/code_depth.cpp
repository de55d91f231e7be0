#include "model_file/code_depth.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace infer::detail {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Behind the string that begins at `at`.
std::size_t end_of_string(std::string_view code, std::size_t at) {
  const char quote = code[at++];
  while (at < code.size() && code[at] != quote) at += code[at] == '\\' ? 2U : 1U;
  return std::min(at + 1, code.size());
}

/// What one statement has open: in each bracket, the operators since it or since its last comma.
class Statement {
 public:
  void begin(std::size_t indent) {
    operators_.assign(1, indent);
    depth_ = indent;
  }
  bool in_bracket() const { return operators_.size() > 1; }

  void open() {
    operators_.push_back(0);
    add(1);
  }
  void close() {
    if (!in_bracket()) return;
    depth_ -= operators_.back();
    operators_.pop_back();
  }
  void comma() {
    if (!in_bracket()) return;
    depth_ -= operators_.back() - 1;
    operators_.back() = 1;
  }
  void add(std::size_t count) {
    operators_.back() += count;
    depth_ += count;
    deepest_ = std::max(deepest_, depth_);
  }
  std::size_t deepest() const { return deepest_; }

 private:
  std::vector<std::size_t> operators_ = {0};
  std::size_t depth_ = 0;
  std::size_t deepest_ = 0;
};

class CodeScan {
 public:
  explicit CodeScan(std::string_view code) : code_(code) {}

  std::size_t depth() {
    std::size_t at = begin_line(0);
    while (at < code_.size()) at = take(at);
    return std::max(statement_.deepest(), branches_);
  }

 private:
  std::size_t begin_line(std::size_t at) {
    const auto end = std::min(code_.find_first_not_of(" \t\r", at), code_.size());
    statement_.begin(end - at);
    statement_.add(0);
    return end;
  }

  std::size_t take(std::size_t at) {
    constexpr std::string_view kOperators = "+-*/%<>=!&|^~.@";
    const char c = code_[at];
    if (c == '"' || c == '\'') return end_of_string(code_, at);
    if (c == '#') return std::min(code_.find('\n', at), code_.size());
    if (is_word(c)) return take_word(at);
    if (c == '\n' && !statement_.in_bracket()) return begin_line(at + 1);
    if (c == '(' || c == '[' || c == '{') statement_.open();
    if (c == ')' || c == ']' || c == '}') statement_.close();
    if (c == ',') statement_.comma();
    if (kOperators.find(c) != std::string_view::npos) statement_.add(1);
    return at + 1;
  }

  std::size_t take_word(std::size_t at) {
    constexpr std::array<std::string_view, 8> kOperators{"and",  "or", "not", "if",
                                                         "else", "in", "is",  "lambda"};
    auto end = at;
    while (end < code_.size() && is_word(code_[end])) ++end;
    const auto word = code_.substr(at, end - at);
    if (std::ranges::find(kOperators, word) != kOperators.end()) statement_.add(1);
    if (word == "elif") ++branches_;  // each lies inside of the one before
    return end;
  }

  std::string_view code_;
  Statement statement_;
  std::size_t branches_ = 0;
};

}  // namespace

std::size_t code_depth(std::string_view code) { return CodeScan(code).depth(); }

}  // namespace infer::detail
