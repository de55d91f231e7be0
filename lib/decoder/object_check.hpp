// Says what is wrong with an object as JSON, where a walk skipped parts of it. Internal to the decoder.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>

#include "record/record_error.hpp"

namespace infer::detail {

/// Has a parser of its own, so that a walk that is under way can go on. Thread-compatible.
class ObjectCheck {
 public:
  explicit ObjectCheck(bool literals_allowed) : literals_allowed_(literals_allowed) {}

  /// The text must have kTailPadding readable bytes behind it.
  std::optional<RecordError> find_error(std::string_view object_text);

 private:
  simdjson::ondemand::parser parser_;
  bool literals_allowed_;
};

}  // namespace infer::detail
