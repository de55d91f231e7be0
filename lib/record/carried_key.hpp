// How a copied field is called in the text of a row.
#pragma once

#include <string>
#include <string_view>

namespace infer {

/// Without the backslashes by which a dot, or one of them, is a key's own.
inline std::string carried_name(std::string_view name) {
  std::string text;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size() && (name[i + 1] == '.' || name[i + 1] == '\\')) ++i;
    text += name[i];
  }
  return text;
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
