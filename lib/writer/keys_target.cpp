#include "writer/keys_target.hpp"

#include <utility>

#include "base/digest.hpp"
#include "record/row_key.hpp"

namespace infer {

KeysTarget::KeysTarget(const std::string& path, KeysHead head, const Segment& kept)
    : head_(std::move(head)), file_(path, kept) {}

void KeysTarget::add(std::string_view keys, std::string_view text, std::uint64_t end) {
  if (file_.is_empty()) file_.write_start(keys_head(head_));
  const KeysBlock block{keys.size() / sizeof(RowKey), end - text.size(), end, digest_of(text)};
  file_.write(keys_block(block, keys));
}

void KeysTarget::finish(std::uint64_t rows, std::uint64_t output_bytes) {
  head_.rows = rows;
  head_.output_bytes = output_bytes;
  file_.write_start(keys_head(head_));
}

}  // namespace infer
