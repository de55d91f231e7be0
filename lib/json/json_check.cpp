#include "json/json_check.hpp"

#include <simdjson.h>

namespace infer {

struct JsonCheck::Parser {
  simdjson::dom::parser dom;
};

JsonCheck::JsonCheck() : parser_(std::make_unique<Parser>()) {}
JsonCheck::~JsonCheck() = default;

bool JsonCheck::accepts(std::string_view text) {
  return parser_->dom.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

}  // namespace infer
