// What packs rows in a way that can be read: "<a\nb\n>".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "writer/splice/retry_config.hpp"

namespace infer::test {

inline std::string in_brackets(std::string_view rows) { return "<" + std::string(rows) + ">"; }

inline std::optional<UnpackedPiece> out_of_brackets(std::string_view bytes) {
  const auto end = bytes.find('>');
  if (end == std::string_view::npos) return std::nullopt;
  return UnpackedPiece{std::string(bytes.substr(1, end - 1)), end + 1};
}

inline PieceForm brackets(bool has_header = false) {
  return {in_brackets, out_of_brackets, nullptr, nullptr, has_header};
}

}  // namespace infer::test
