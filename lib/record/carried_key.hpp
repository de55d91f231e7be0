// How a copied field is called in the text of a row.
#pragma once

#include <string>
#include <string_view>

namespace infer {

/// As a JSON string. A name from the command line has no control characters worth a better spelling.
inline std::string carried_key(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + '"';
}

}  // namespace infer
