// What an input that is no JSONL looks like by its first bytes, and how to make JSONL of it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace infer {

struct Likeness {
  std::string what;           ///< "gzip", "CSV": completes "this looks like"
  std::string remedy;         ///< what to do, mostly a command
  std::size_t odd_lines = 0;  ///< so many last lines may hold an object all the same: it has no comma there
};

/// Of `head`, the first bytes of file `path`. `field` is one that the model wants, for the command. Nothing
/// when they look like nothing known, or like JSONL.
std::optional<Likeness> recognise(std::string_view head, const std::string& path, const std::string& field);

}  // namespace infer
