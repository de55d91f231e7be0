// How a copied field is called in the text of a row.
#pragma once

#include <string>
#include <string_view>

#include "record/signature.hpp"

namespace infer {

/// Of a field that was named as for split_json_path(), without its backslashes.
inline std::string carried_name(std::string_view field) {
  std::string text;
  for (const auto& key : split_json_path(field)) text += '.' + key;
  return text.substr(1);
}

/// As a JSON string. A name from the command line has no control characters worth a better spelling.
inline std::string carried_key(std::string_view name) {
  std::string text = "\"";
  for (const char c : carried_name(name)) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + '"';
}

}  // namespace infer
