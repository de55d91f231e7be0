#include "reuse/key_spill.hpp"

#include <algorithm>
#include <span>
#include <string_view>

#include "reuse/index_format.hpp"

namespace infer::detail {
namespace {

constexpr std::size_t kAtOnce = 512;  // 12 KiB a write, and as much memory for each region

}  // namespace

KeySpill::KeySpill(const std::string& folder, unsigned bits)
    : bits_(bits), file_(folder), regions_(std::size_t{1} << bits) {}

void KeySpill::add(const RowKey& key, std::uint64_t row) {
  auto& region = regions_[region_of(key, bits_)];
  if (region.waiting.size() == kAtOnce) write_out(region);
  region.waiting.push_back({key, row});
}

void KeySpill::write_out(RegionKeys& region) {
  const auto bytes = std::as_bytes(std::span(region.waiting));
  region.places.push_back(file_.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  region.waiting.clear();
}

std::vector<RowOfKey> KeySpill::region(std::size_t number) {
  const auto& region = regions_[number];
  const auto written = region.places.size() * kAtOnce;
  std::vector<RowOfKey> keys(written + region.waiting.size());
  for (std::size_t i = 0; i < region.places.size(); ++i) {
    const auto some = std::span(keys).subspan(i * kAtOnce, kAtOnce);
    file_.read_at({reinterpret_cast<char*>(some.data()), some.size_bytes()}, region.places[i]);
  }
  std::copy(region.waiting.begin(), region.waiting.end(),
            keys.begin() + static_cast<std::ptrdiff_t>(written));
  return keys;
}

}  // namespace infer::detail
