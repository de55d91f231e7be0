// Earlier outputs with keys for tests, in every form that rows have.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "keys/keys_text.hpp"
#include "reuse/reuse_source.hpp"
#include "unit/base/scratch_folder.hpp"
#include "unit/keys/sample_keys.hpp"

namespace infer::test {

struct KeyedRow {
  RowKey key;
  std::string row;
};

struct OutputShape {
  std::string header{};
  std::size_t row_bytes = 0;
  bool is_quoted = false;
  bool is_packed = false;
  std::size_t block_rows = 3;
};

/// "5:hello"
inline std::string packed(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

inline std::optional<UnpackedPiece> unpacked(std::string_view bytes) {
  const auto colon = bytes.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(bytes.data(), bytes.data() + colon, size);
  if (error != std::errc() || end != bytes.data() + colon) throw RunError("no packed text");
  if (size > bytes.size() - colon - 1) return std::nullopt;
  return UnpackedPiece{std::string(bytes.substr(colon + 1, size)), colon + 1 + size};
}

/// Of packed text a block has two pieces.
inline std::string as_written(std::string_view rows, const OutputShape& shape) {
  if (!shape.is_packed) return std::string(rows);
  const auto half = rows.size() / 2;
  return packed(rows.substr(0, half)) + packed(rows.substr(half));
}

/// Writes NAME and NAME.keys.
inline ReuseSource write_output(const ScratchFolder& folder, const std::string& name,
                                std::span<const KeyedRow> rows, const OutputShape& shape) {
  auto output = shape.header;
  std::string blocks;
  for (auto rest = rows; !rest.empty(); rest = rest.subspan(std::min(shape.block_rows, rest.size()))) {
    std::string text;
    std::vector<RowKey> keys;
    for (const auto& [key, row] : rest.first(std::min(shape.block_rows, rest.size()))) {
      text += row;
      keys.push_back(key);
    }
    const auto bytes = as_written(text, shape);
    blocks += keys_block({keys.size(), output.size(), output.size() + bytes.size(), digest_of(bytes)},
                         key_bytes(keys));
    output += bytes;
  }
  ReuseSource source{
      folder.write(name, output),
      folder.write(name + ".keys", keys_head({sample_facts(), rows.size(), output.size()}) + blocks),
      shape.row_bytes, shape.is_quoted};
  if (shape.is_packed) source.unpack = unpacked;
  return source;
}

}  // namespace infer::test
