// Small files of keys for tests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "keys/keys_text.hpp"
#include "record/row_key.hpp"

namespace infer::test {

inline std::string_view key_bytes(std::span<const RowKey> keys) {
  return {reinterpret_cast<const char*>(keys.data()), keys.size_bytes()};
}

inline const std::vector<KeyFact>& sample_facts() {
  static const std::vector<KeyFact> facts{{"model", "sha256 9f86"}, {"--top-k", "3"}, {"--precision", ""}};
  return facts;
}

/// The keys of the rows of `blocks`: row n has the key {n + 1, 7}.
inline std::string sample_blocks(std::span<const KeysBlock> blocks) {
  std::string text;
  std::uint64_t row = 0;
  for (const auto& block : blocks) {
    std::vector<RowKey> keys;
    for (std::uint64_t i = 0; i < block.rows; ++i) keys.push_back({++row, 7});
    text += keys_block(block, key_bytes(keys));
  }
  return text;
}

inline const std::vector<KeysBlock>& three_blocks() {
  static const std::vector<KeysBlock> blocks{{2, 10, 30, 11}, {0, 30, 30, 12}, {3, 30, 70, 13}};
  return blocks;
}

inline std::string sample_keys() {
  return keys_head({sample_facts(), 5, 70}) + sample_blocks(three_blocks());
}

}  // namespace infer::test
