#include "keys/keys_text.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/checked_cast.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "record/row_key.hpp"

namespace infer {
namespace {

static_assert(std::endian::native == std::endian::little);  // files are written as memory has them

constexpr std::string_view kMagic = "\x93infkeys";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kAlignment = 16;

/// What any version's head begins with.
struct HeadBegin {
  std::array<char, 8> magic{};
  std::uint32_t version = 0;
  std::uint32_t head_bytes = 0;  ///< all of the head; the last 8 are the digest of those before
  std::uint64_t rows = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t facts = 0;
};
static_assert(sizeof(HeadBegin) == 40 && std::has_unique_object_representations_v<HeadBegin>);

struct BlockHead {
  KeysBlock block;
  std::uint64_t keys_digest = 0;
  std::uint64_t digest = 0;  ///< of the numbers before
};
static_assert(sizeof(BlockHead) == kKeysBlockHeadBytes &&
              std::has_unique_object_representations_v<BlockHead>);

template <class T>
std::string_view bytes_of(const T& item, std::size_t bytes = sizeof(T)) {
  return {reinterpret_cast<const char*>(&item), bytes};
}

std::uint64_t digest_of_numbers(const BlockHead& head) {
  return digest_of(bytes_of(head, offsetof(BlockHead, digest)));
}

/// A number at a place that lies within `text`.
template <class T>
T number_at(std::string_view text, std::size_t at) {
  T number;
  std::memcpy(&number, text.data() + at, sizeof number);
  return number;
}

void add_text(std::string& to, std::string_view text) {
  to += bytes_of(checked_cast<std::uint32_t>(text.size()));
  to += text;
}

/// Takes what add_text() added off `rest`.
std::optional<std::string> take_text(std::string_view& rest) {
  if (rest.size() < sizeof(std::uint32_t)) return std::nullopt;
  const std::size_t size = number_at<std::uint32_t>(rest, 0);
  rest.remove_prefix(sizeof(std::uint32_t));
  if (size > rest.size()) return std::nullopt;
  std::string text(rest.substr(0, size));
  rest.remove_prefix(size);
  return text;
}

std::optional<std::vector<KeyFact>> facts_in(std::string_view rest, std::uint64_t count) {
  std::vector<KeyFact> facts;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto name = take_text(rest);
    auto value = name ? take_text(rest) : std::nullopt;
    if (!value) return std::nullopt;
    facts.push_back({std::move(*name), std::move(*value)});
  }
  return facts;
}

using Fault = KeysFault::Kind;

std::optional<KeysFault> fault_of_begin(std::string_view text) {
  const auto magic = kMagic.substr(0, text.size());
  if (text.empty() || text.substr(0, magic.size()) != magic) return KeysFault{Fault::foreign};
  if (text.size() < sizeof(HeadBegin)) return KeysFault{Fault::torn, text.size()};
  const auto begin = number_at<HeadBegin>(text, 0);
  if (begin.version > kVersion) return KeysFault{Fault::later, begin.version};
  if (begin.head_bytes < sizeof(HeadBegin) + sizeof(std::uint64_t) || begin.head_bytes % kAlignment != 0)
    return KeysFault{Fault::damaged};
  if (begin.head_bytes > text.size()) return KeysFault{Fault::torn, text.size()};
  return std::nullopt;
}

std::variant<KeysHead, KeysFault> parse_head(std::string_view text) {
  if (const auto fault = fault_of_begin(text)) return *fault;
  const auto begin = number_at<HeadBegin>(text, 0);
  const auto said = text.substr(0, begin.head_bytes - sizeof(std::uint64_t));
  if (digest_of(said) != number_at<std::uint64_t>(text, said.size())) return KeysFault{Fault::damaged};
  auto facts = facts_in(said.substr(sizeof begin), begin.facts);
  if (!facts) return KeysFault{Fault::damaged};
  return KeysHead{std::move(*facts), begin.rows, begin.output_bytes};
}

/// Appends what begins at byte `at`.
std::optional<KeysFault> take_block(std::string_view text, std::uint64_t at,
                                    std::vector<PlacedKeysBlock>& blocks) {
  if (text.size() - at < sizeof(BlockHead)) return KeysFault{Fault::torn, text.size()};
  const auto head = number_at<BlockHead>(text, at);
  if (head.digest != digest_of_numbers(head)) return KeysFault{Fault::damaged, at};
  const auto before = blocks.empty() ? KeysBlock() : blocks.back().block;
  const auto& block = head.block;
  if (block.output_begin < before.output_end || block.output_end < block.output_begin)
    return KeysFault{Fault::damaged, at};
  if (block.rows > (text.size() - at - sizeof head) / sizeof(RowKey))
    return KeysFault{Fault::torn, text.size()};
  const auto first_row = blocks.empty() ? 0 : blocks.back().first_row + before.rows;
  blocks.push_back({block, first_row, at + sizeof head, head.keys_digest});
  return std::nullopt;
}

/// The head tells what the blocks add up to, or nothing yet.
std::optional<KeysFault> fault_of_sum(const KeysText& keys, std::uint64_t end) {
  const auto last = keys.blocks.empty() ? PlacedKeysBlock() : keys.blocks.back();
  const auto rows = last.first_row + last.block.rows;
  if (keys.head.rows == 0 && keys.head.output_bytes == 0 && last.block.output_end > 0)
    return KeysFault{Fault::unfinished, end};
  if (keys.head.rows > rows) return KeysFault{Fault::torn, end};
  if (keys.head.rows < rows || keys.head.output_bytes < last.block.output_end)
    return KeysFault{Fault::damaged, end};
  return std::nullopt;
}

}  // namespace

std::string keys_head(const KeysHead& head) {
  std::string facts;
  for (const auto& fact : head.facts) {
    add_text(facts, fact.name);
    add_text(facts, fact.value);
  }
  const auto used = sizeof(HeadBegin) + facts.size() + sizeof(std::uint64_t);
  const auto bytes = (used + kAlignment - 1) / kAlignment * kAlignment;
  HeadBegin begin{{},        kVersion,          checked_cast<std::uint32_t>(bytes),
                  head.rows, head.output_bytes, head.facts.size()};
  kMagic.copy(begin.magic.data(), begin.magic.size());
  std::string text(bytes_of(begin));
  text += facts;
  text.resize(bytes - sizeof(std::uint64_t));
  text += bytes_of(digest_of(text));
  return text;
}

std::string keys_block(const KeysBlock& block, std::string_view keys) {
  INFER_ASSERT(keys.size() == block.rows * sizeof(RowKey));
  BlockHead head{block, digest_of(keys)};
  head.digest = digest_of_numbers(head);
  std::string text;
  text.reserve(sizeof head + keys.size());
  text += bytes_of(head);
  text += keys;
  return text;
}

std::string_view PlacedKeysBlock::keys_of(std::string_view text) const {
  return text.substr(keys_begin, block.rows * sizeof(RowKey));
}

bool PlacedKeysBlock::has_its_keys(std::string_view text) const {
  return digest_of(keys_of(text)) == keys_digest;
}

std::variant<KeysText, KeysFault> parse_keys(std::string_view text,
                                             const std::function<void(std::uint64_t byte)>& is_behind) {
  auto head = parse_head(text);
  if (const auto* fault = std::get_if<KeysFault>(&head)) return *fault;
  KeysText keys{std::get<KeysHead>(std::move(head)), {}};
  for (std::uint64_t at = number_at<HeadBegin>(text, 0).head_bytes; at < text.size();) {
    if (const auto fault = take_block(text, at, keys.blocks)) return *fault;
    if (is_behind) is_behind(at);
    at = keys.blocks.back().keys_begin + keys.blocks.back().block.rows * sizeof(RowKey);
  }
  if (const auto fault = fault_of_sum(keys, text.size())) return *fault;
  return keys;
}

}  // namespace infer
