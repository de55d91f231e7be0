#include "reuse/reuse_index.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.hpp"
#include "keys/keys_text.hpp"
#include "reuse/row_places.hpp"

namespace infer {
namespace {

using namespace detail;

MappedFile open_as_it_was(const std::string& path, const FileStamp& stamp) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) throw UsageError(errno_message("cannot open " + path + ", whose rows are to be reused"));
  if (file_stamp(fd.get()) != stamp)
    throw UsageError("cannot reuse rows of " + path +
                     ": it was changed while it was read; start again when nothing writes it");
  return {fd, path};
}

/// Off the begin of `names`.
std::string take_name(std::string_view& names) {
  const auto end = names.find('\0');
  INFER_ASSERT(end != std::string_view::npos);
  std::string name(names.substr(0, end));
  names.remove_prefix(end + 1);
  return name;
}

IndexHead head_of(std::string_view index) {
  IndexHead head;
  INFER_ASSERT(index.size() >= sizeof head);
  const auto magic = head.magic;
  std::memcpy(&head, index.data(), sizeof head);
  INFER_ASSERT(head.magic == magic && head.bytes == index.size());
  return head;
}

}  // namespace

ReuseIndex::ReuseIndex(const std::string& path)
    : index_(MappedFile::open(path)), head_(head_of(index_.bytes())) {
  regions_ = section<Region>(head_.regions_at, std::uint64_t{1} << head_.region_bits);
  slots_ = section<Slot>(head_.slots_at, (head_.regions_at - head_.slots_at) / sizeof(Slot));
  index_.expect_random();
  open_files();
}

template <class T>
std::span<const T> ReuseIndex::section(std::uint64_t at, std::uint64_t count) const {
  INFER_ASSERT(at % alignof(T) == 0 && at <= head_.bytes && count <= (head_.bytes - at) / sizeof(T));
  return {reinterpret_cast<const T*>(index_.bytes().data() + at), count};
}

void ReuseIndex::open_files() {
  auto names = index_.bytes().substr(head_.names_at);
  for (const auto& is : section<IndexedFile>(head_.files_at, head_.files)) {
    auto keys = open_as_it_was(take_name(names), is.keys);
    auto output = open_as_it_was(take_name(names), is.output);
    keys.expect_random();  // of the output more is read ahead: many jobs ask for its rows in order
    const auto places = is.rows_per_place == 0 ? 0 : (is.rows + is.rows_per_place - 1) / is.rows_per_place;
    files_.push_back({is, std::move(keys), std::move(output),
                      section<std::uint64_t>(is.block_rows_at, is.blocks),
                      section<std::uint64_t>(is.places_at, places)});
  }
}

const ReuseIndex::File& ReuseIndex::file_of(std::uint64_t row) const {
  const auto after = [](std::uint64_t of, const File& file) { return of < file.is.first_row; };
  return *(std::upper_bound(files_.begin(), files_.end(), row, after) - 1);
}

const RowKey& ReuseIndex::File::key(std::uint64_t row) const {
  const auto block = std::upper_bound(block_rows.begin(), block_rows.end(), row) - block_rows.begin();
  const auto heads = static_cast<std::uint64_t>(block - 1) * kKeysBlockHeadBytes;
  return *reinterpret_cast<const RowKey*>(keys.bytes().data() + is.keys_begin + heads + row * sizeof(RowKey));
}

std::string_view ReuseIndex::File::row(std::uint64_t row) const {
  const auto bytes = output.bytes();
  if (is.row_bytes > 0) return bytes.substr(is.rows_begin + row * is.row_bytes, is.row_bytes);
  const auto begin = places[row / is.rows_per_place];
  return nth_row(bytes.substr(begin, is.rows_end - begin), row % is.rows_per_place, is.is_quoted != 0);
}

std::optional<std::string_view> ReuseIndex::find(const RowKey& key) const {
  if (key.is_none()) return std::nullopt;
  const auto& region = regions_[region_of(key, static_cast<unsigned>(head_.region_bits))];
  const auto slots = slots_.subspan(region.first_slot, region.slots);
  for (auto at = region.home(key); !slots[at].is_free(); at = at + 1 == slots.size() ? 0 : at + 1) {
    if (!slots[at].may_be(key)) continue;
    const auto& file = file_of(slots[at].row());
    const auto row = slots[at].row() - file.is.first_row;
    if (file.key(row) == key) return file.row(row);
  }
  return std::nullopt;
}

}  // namespace infer
