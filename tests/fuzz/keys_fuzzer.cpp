// Any bytes as a file of keys, and the same with right digests: never an exception, and what is taken adds
// up, lies inside and reads back as the same.
#include <cstring>
#include <string>
#include <string_view>
#include <variant>

#include "base/digest.hpp"
#include "fuzz/require.hpp"
#include "keys/keys_text.hpp"
#include "record/row_key.hpp"

namespace infer {
namespace {

std::string written(const KeysText& keys, std::string_view text) {
  auto written = keys_head(keys.head);
  for (const auto& block : keys.blocks) written += keys_block(block.block, block.keys_of(text));
  return written;
}

void check(std::string_view text) {
  const auto parsed = parse_keys(text);
  if (const auto* const fault = std::get_if<KeysFault>(&parsed)) {
    INFER_FUZZ_REQUIRE(fault->kind == KeysFault::Kind::later || fault->byte <= text.size());
    return;
  }
  const auto& keys = std::get<KeysText>(parsed);
  std::uint64_t rows = 0;
  std::uint64_t output_end = 0;
  for (const auto& block : keys.blocks) {
    INFER_FUZZ_REQUIRE(block.first_row == rows && block.block.output_begin >= output_end);
    INFER_FUZZ_REQUIRE(block.keys_of(text).size() == block.block.rows * sizeof(RowKey));
    block.has_its_keys(text);
    rows += block.block.rows;
    output_end = block.block.output_end;
  }
  INFER_FUZZ_REQUIRE(keys.head.rows == rows && keys.head.output_bytes >= output_end);
  const auto again = parse_keys(written(keys, text));
  INFER_FUZZ_REQUIRE(std::get<KeysText>(again).head == keys.head);
  INFER_FUZZ_REQUIRE(std::get<KeysText>(again).blocks.size() == keys.blocks.size());
}

/// Writes the digest of [begin, at) at `at`. False where there is no room.
bool put_digest(std::string& text, std::size_t begin, std::size_t at) {
  if (at > text.size() || text.size() - at < sizeof(std::uint64_t)) return false;
  const auto digest = digest_of(std::string_view(text).substr(begin, at - begin));
  std::memcpy(text.data() + at, &digest, sizeof digest);
  return true;
}

std::string with_digests(std::string text) {
  std::uint32_t head = 0;
  if (text.size() < 40) return text;
  std::memcpy(&head, text.data() + 12, sizeof head);
  if (head < 48 || !put_digest(text, 0, head - 8)) return text;
  for (std::size_t at = head; put_digest(text, at, at + 40);) {
    std::uint64_t rows = 0;
    std::memcpy(&rows, text.data() + at, sizeof rows);
    at += kKeysBlockHeadBytes;
    if (rows > (text.size() - at) / sizeof(RowKey)) break;
    at += rows * sizeof(RowKey);
  }
  return text;
}

}  // namespace
}  // namespace infer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  infer::check(bytes);
  infer::check(infer::with_digests(std::string(bytes)));
  return 0;
}
