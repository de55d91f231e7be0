// Takes the text of JSON apart that is known to be valid: members and list items, as text.
#pragma once

#include <string>
#include <string_view>

namespace infer {

/// Takes the first value off `rest`, with the comma behind it: a list's item, or what stands behind a key.
std::string_view take_json_value(std::string_view& rest);

struct JsonMember {
  std::string_view key;    ///< with its quotes and escapes
  std::string_view value;  ///< any JSON
};

/// Takes the first of `"a":1,"b":[2,3]` off.
JsonMember take_json_member(std::string_view& rest);

/// What a JSON string, with its quotes, says. Half a surrogate pair becomes U+FFFD.
void append_unescaped(std::string& out, std::string_view quoted);

}  // namespace infer
