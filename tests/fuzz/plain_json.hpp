// A JSON checker too simple to be wrong (RFC 8259), to compare the decoder with.
#pragma once

#include <string_view>

namespace infer::fuzz {

/// Whether `text` is one JSON object, with white space around it at most. Does not look at UTF-8.
bool is_json_object(std::string_view text);

}  // namespace infer::fuzz
