// Whether a text is JSON.
#pragma once

#include <memory>
#include <string_view>

namespace infer {

/// Thread-compatible: keeps the memory that a check takes.
class JsonCheck {
 public:
  JsonCheck();
  JsonCheck(const JsonCheck&) = delete;
  JsonCheck& operator=(const JsonCheck&) = delete;
  ~JsonCheck();

  /// One value, and blanks. Whole numbers beyond 64 bits are none.
  bool accepts(std::string_view text);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace infer
