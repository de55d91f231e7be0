#include "keys/keys_file.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "base/digest.hpp"
#include "base/error.hpp"

namespace infer {
namespace {

constexpr std::string_view kAnew =
    "; copy it again from where it was written, or make its output anew with --keys";

[[noreturn]] void refuse(const std::string& path, const KeysFault& fault) {
  using Kind = KeysFault::Kind;
  const auto text = "cannot use the keys in " + path + ": ";
  const auto number = std::to_string(fault.byte);
  switch (fault.kind) {
    case Kind::foreign:
      throw UsageError(text +
                       "it is no file of keys; give the one that a run with --keys left beside its output");
    case Kind::later:
      throw UsageError(
          text + "it is of a later version (format " + number +
          ", this infer reads 1); use the infer that wrote it, or make its output anew with --keys");
    case Kind::torn: throw UsageError(text + "it is cut off at byte " + number + std::string(kAnew));
    case Kind::unfinished:
      throw UsageError(text + "its output is unfinished; finish that run first, with --resume");
    case Kind::damaged: throw UsageError(text + "it is damaged at byte " + number + std::string(kAnew));
  }
  throw InternalError("a fault of keys without a text");
}

/// A block's keys begin at a multiple of 16 bytes, and memory at a page.
std::span<const RowKey> keys_in(std::string_view bytes) {
  return {reinterpret_cast<const RowKey*>(bytes.data()), bytes.size() / sizeof(RowKey)};
}

}  // namespace

KeysFile::KeysFile(std::string path, Check check) : path_(std::move(path)), file_(MappedFile::open(path_)) {
  ReadInOrder reading(file_);
  auto parsed = parse_keys(file_.bytes(), [&](std::uint64_t byte) { reading.read_up_to(byte); });
  if (const auto* fault = std::get_if<KeysFault>(&parsed)) refuse(path_, *fault);
  auto& keys = std::get<KeysText>(parsed);
  head_ = std::move(keys.head);
  for (const auto& placed : keys.blocks) {
    blocks_.push_back({placed.block, placed.first_row, keys_in(placed.keys_of(file_.bytes()))});
    digests_.push_back(placed.keys_digest);
  }
  for (std::size_t block = 0; check == Check::all && block < blocks_.size(); ++block) check_keys(block);
}

const RowKey& KeysFile::key(std::uint64_t row) const {
  const auto after = [](std::uint64_t of, const KeysFileBlock& block) { return of < block.first_row; };
  const auto next = std::upper_bound(blocks_.begin(), blocks_.end(), row, after);
  INFER_ASSERT(next != blocks_.begin());
  const auto& block = *(next - 1);
  INFER_ASSERT(row - block.first_row < block.keys.size());
  return block.keys[row - block.first_row];
}

void KeysFile::check_keys(std::size_t block) const {
  const auto keys = blocks_[block].keys;
  const auto* const begin = reinterpret_cast<const char*>(keys.data());
  if (digest_of({begin, keys.size_bytes()}) != digests_[block])
    refuse(path_, {KeysFault::Kind::damaged, static_cast<std::uint64_t>(begin - file_.bytes().data())});
}

}  // namespace infer
