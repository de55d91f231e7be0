#include "reuse/build_reuse_index.hpp"

#include <algorithm>
#include <bit>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "keys/keys_file.hpp"
#include "reuse/checked_output.hpp"
#include "reuse/fill_region.hpp"
#include "reuse/index_format.hpp"
#include "reuse/key_spill.hpp"

namespace infer {
namespace {

using namespace detail;

constexpr unsigned kMostRegionBits = 12;  // each has some memory while keys are sorted

template <class T>
std::string_view bytes_of(std::span<const T> items) {
  return {reinterpret_cast<const char*>(items.data()), items.size_bytes()};
}

unsigned region_bits(std::uint64_t rows, std::uint64_t rows_at_once) {
  return std::min(kMostRegionBits, static_cast<unsigned>(std::bit_width(rows / rows_at_once)));
}

std::vector<KeysFile> open_keys(std::span<const ReuseSource> sources) {
  std::vector<KeysFile> keys;
  std::uint64_t rows = 0;
  for (const auto& source : sources) {
    keys.emplace_back(source.keys, KeysFile::Check::heads);
    rows += keys.back().head().rows;
    if (rows > Slot::kMostRows - 1)
      throw UsageError("cannot reuse rows of more than " + std::to_string(Slot::kMostRows - 1) +
                       " rows in all; leave outputs out of --reuse");
  }
  return keys;
}

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

/// Byte of the file where this block's keys begin.
std::uint64_t byte_of(const KeysFile& keys, std::size_t block) {
  const auto* const begin = reinterpret_cast<const char*>(keys.blocks()[block].keys.data());
  return static_cast<std::uint64_t>(begin - keys.file().bytes().data());
}

/// Writes the index, section by section.
class IndexWriter {
 public:
  IndexWriter(std::span<const ReuseSource> sources, const std::string& folder, std::uint64_t rows_at_once)
      : sources_(sources),
        folder_(folder),
        rows_at_once_(rows_at_once),
        keys_(open_keys(sources)),
        index_(folder) {
    index_.append(std::string(sizeof(IndexHead), '\0'));
  }

  BuiltReuseIndex write() {
    for (std::size_t i = 0; i < keys_.size(); ++i) write_places(i);
    write_slots();
    write_files();
    head_.bytes = index_.bytes();
    index_.write_at(bytes_of(std::span(&std::as_const(head_), 1)), 0);
    return {std::move(index_), std::move(unpacked_)};
  }

 private:
  void write_places(std::size_t number) {
    const auto& keys = keys_[number];
    const auto places_at = index_.bytes();
    const auto add = [&](std::span<const std::uint64_t> places) { index_.append(bytes_of(places)); };
    auto output = check_output(sources_[number], keys, folder_, add);
    IndexedFile file;
    file.first_row = files_.empty() ? 0 : files_.back().first_row + files_.back().rows;
    file.rows = keys.head().rows;
    file.rows_begin = output.rows_begin;
    file.rows_end = output.rows_end;
    file.row_bytes = sources_[number].row_bytes;
    file.is_quoted = sources_[number].is_quoted ? 1 : 0;
    file.rows_per_place = output.rows_per_place;
    file.places_at = places_at;
    file.keys = keys.file().stamp();
    file.output = output.stamp;
    write_block_rows(keys, file);
    add_names(number, output);
    files_.push_back(file);
  }

  void write_block_rows(const KeysFile& keys, IndexedFile& file) {
    std::vector<std::uint64_t> rows;
    for (const auto& block : keys.blocks()) rows.push_back(block.first_row);
    file.blocks = rows.size();
    file.block_rows_at = index_.append(bytes_of<std::uint64_t>(rows));
    if (!rows.empty()) file.keys_begin = byte_of(keys, 0);
  }

  void add_names(std::size_t number, CheckedOutput& output) {
    names_ += absolute(sources_[number].keys) + '\0';
    names_ += absolute(output.unpacked ? output.unpacked->name_it() : sources_[number].output) + '\0';
    if (output.unpacked) unpacked_.push_back(std::move(*output.unpacked));
  }

  KeySpill spilled_keys() {
    const auto rows = files_.empty() ? 0 : files_.back().first_row + files_.back().rows;
    KeySpill spill(folder_, region_bits(rows, rows_at_once_));
    std::uint64_t row = 0;
    for (const auto& keys : keys_) {
      ReadInOrder reading(keys.file());
      for (std::size_t block = 0; block < keys.blocks().size(); ++block) {
        keys.check_keys(block);
        for (const auto& key : keys.blocks()[block].keys) {
          if (!key.is_none()) spill.add(key, row);
          ++row;
        }
        reading.read_up_to(byte_of(keys, block));
      }
    }
    return spill;
  }

  void write_slots() {
    auto spill = spilled_keys();
    head_.region_bits = spill.bits();
    head_.slots_at = index_.bytes();
    std::vector<Region> regions;
    for (std::size_t number = 0; number < spill.regions(); ++number) {
      const auto filled = fill_region(spill.region(number));
      regions.push_back({(index_.bytes() - head_.slots_at) / sizeof(Slot), filled.slots.size()});
      index_.append(bytes_of<Slot>(filled.slots));
      head_.found_rows += filled.rows;
    }
    head_.regions_at = index_.append(bytes_of<Region>(regions));
  }

  void write_files() {
    head_.files = files_.size();
    head_.files_at = index_.append(bytes_of<IndexedFile>(files_));
    head_.names_at = index_.append(names_);
  }

  std::span<const ReuseSource> sources_;
  const std::string& folder_;
  std::uint64_t rows_at_once_;
  std::vector<KeysFile> keys_;
  TemporaryFile index_;
  std::vector<TemporaryFile> unpacked_;
  std::vector<IndexedFile> files_;
  std::string names_;
  IndexHead head_;
};

}  // namespace

BuiltReuseIndex build_reuse_index(std::span<const ReuseSource> sources, const std::string& folder,
                                  std::uint64_t rows_at_once) {
  return IndexWriter(sources, folder, rows_at_once).write();
}

}  // namespace infer
