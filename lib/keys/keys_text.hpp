// The bytes of OUTPUT.keys: a head, then a block for each chunk whose rows were written. All of it is checked
// by digests (XXH3) against accidents; numbers are little-endian. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace infer {

/// One thing of which all rows are a function: "model" = "sha256 9f86...".
struct KeyFact {
  std::string name;
  std::string value;

  bool operator==(const KeyFact&) const = default;
};

struct KeysHead {
  std::vector<KeyFact> facts;
  std::uint64_t rows = 0;          ///< of the whole output; 0 while it is being written
  std::uint64_t output_bytes = 0;  ///< of the whole output, likewise

  bool operator==(const KeysHead&) const = default;
};

/// Rows that follow one another in the output.
struct KeysBlock {
  std::uint64_t rows = 0;
  std::uint64_t output_begin = 0;  ///< the output's bytes that hold them, packed or not
  std::uint64_t output_end = 0;
  std::uint64_t output_digest = 0;  ///< digest_of() these bytes

  bool operator==(const KeysBlock&) const = default;
};

/// A multiple of 16 bytes; as many for any counts, so that those of the end are written over those of the
/// begin.
std::string keys_head(const KeysHead& head);

/// Before the keys of each block.
constexpr std::size_t kKeysBlockHeadBytes = 48;

/// `keys`: a RowKey for each row, in order, as memory has them; a failed record's is none. A multiple of 16
/// bytes. The blocks of a file are in the order of their output bytes.
std::string keys_block(const KeysBlock& block, std::string_view keys);

/// Why bytes are not the keys of a finished output.
struct KeysFault {
  enum class Kind {
    foreign,     ///< begins as no keys do
    later,       ///< a version of the format that is not known yet
    torn,        ///< ends too early
    unfinished,  ///< whole blocks, and a head that tells of no rows
    damaged,
  };
  Kind kind{};
  std::uint64_t byte = 0;  ///< where what is wrong begins; `torn`: where the text ends; `later`: the version

  bool operator==(const KeysFault&) const = default;
};

/// A block as it stands among others.
struct PlacedKeysBlock {
  KeysBlock block;
  std::uint64_t first_row = 0;
  std::uint64_t keys_begin = 0;  ///< byte of its keys, a multiple of 16
  std::uint64_t keys_digest = 0;

  std::string_view keys_of(std::string_view text) const;
  /// False: they are damaged.
  bool has_its_keys(std::string_view text) const;
};

struct KeysText {
  KeysHead head;
  std::vector<PlacedKeysBlock> blocks;
};

/// Takes any bytes. The keys themselves are not looked at: has_its_keys() tells of each block's. `is_behind`
/// is told now and then before which byte nothing is looked at again.
std::variant<KeysText, KeysFault> parse_keys(std::string_view text,
                                             const std::function<void(std::uint64_t byte)>& is_behind = {});

}  // namespace infer
