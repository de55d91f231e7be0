#include "fuzz/plain_json.hpp"

#include <cctype>

namespace infer::fuzz {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool is_object() {
    skip_space();
    if (peek() != '{' || !value()) return false;
    skip_space();
    return text_.empty();
  }

 private:
  char peek() const { return text_.empty() ? '\0' : text_[0]; }
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  void skip_space() {
    while (take(' ') || take('\t') || take('\r') || take('\n')) continue;
  }

  bool value() {
    switch (peek()) {
      case '{': return container('{', '}', true);
      case '[': return container('[', ']', false);
      case '"': return string();
      case 't': return take("true");
      case 'f': return take("false");
      case 'n': return take("null");
      default: return number();
    }
  }

  bool container(char open, char close, bool keyed) {
    take(open);
    skip_space();
    if (take(close)) return true;
    for (;;) {
      skip_space();
      if (keyed && !key()) return false;
      if (!value()) return false;
      skip_space();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  bool key() {
    if (!string()) return false;
    skip_space();
    if (!take(':')) return false;
    skip_space();
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (!text_.empty()) {
      if (take('"')) return true;
      if (static_cast<unsigned char>(text_[0]) < 0x20) return false;
      if (take('\\')) {
        if (!escape()) return false;
      } else {
        text_.remove_prefix(1);
      }
    }
    return false;
  }

  bool escape() {
    if (take('u')) {
      for (int i = 0; i < 4; ++i) {
        if (std::isxdigit(static_cast<unsigned char>(peek())) == 0) return false;
        text_.remove_prefix(1);
      }
      return true;
    }
    if (std::string_view("\"\\/bfnrt").find(peek()) == std::string_view::npos || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool digits() {
    if (std::isdigit(static_cast<unsigned char>(peek())) == 0) return false;
    while (std::isdigit(static_cast<unsigned char>(peek())) != 0) text_.remove_prefix(1);
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  std::string_view text_;
};

}  // namespace

bool is_json_object(std::string_view text) { return Checker(text).is_object(); }

}  // namespace infer::fuzz
