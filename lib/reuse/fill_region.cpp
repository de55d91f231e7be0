#include "reuse/fill_region.hpp"

#include <algorithm>

namespace infer::detail {
namespace {

// Of 8 slots 7 are taken: lib/decisions/reuse.md has the measurements.
std::uint64_t slots_for(std::uint64_t keys) { return keys + keys / 7 + 1; }

/// Slots with numbers of keys in place of rows.
std::vector<Slot> numbered_slots(std::span<const RowOfKey> keys) {
  std::vector<Slot> slots(slots_for(keys.size()));
  for (std::uint64_t i = 0; i < keys.size(); ++i) {
    const auto& key = keys[i].key;
    const auto is_there = [&](Slot slot) { return slot.may_be(key) && keys[slot.row()].key == key; };
    auto at = Region::home_of(key, slots.size());
    while (!slots[at].is_free() && !is_there(slots[at])) at = at + 1 == slots.size() ? 0 : at + 1;
    if (slots[at].is_free()) slots[at] = Slot(key, i);
  }
  return slots;
}

/// Those that have slots, as they were.
std::vector<RowOfKey> first_of_equals(std::span<const RowOfKey> keys, std::span<const Slot> slots) {
  std::vector<RowOfKey> firsts;
  for (const auto slot : slots)
    if (!slot.is_free()) firsts.push_back(keys[slot.row()]);
  return firsts;
}

}  // namespace

FilledRegion fill_region(std::span<const RowOfKey> keys) {
  FilledRegion filled{numbered_slots(keys)};
  const auto different = std::ranges::count_if(filled.slots, [](Slot slot) { return !slot.is_free(); });
  // Many repeats left many slots free.
  if (slots_for(static_cast<std::uint64_t>(different)) < filled.slots.size() - filled.slots.size() / 16)
    return fill_region(first_of_equals(keys, filled.slots));
  for (auto& slot : filled.slots) {
    if (slot.is_free()) continue;
    slot = slot.of_row(keys[slot.row()].row);
    ++filled.rows;
  }
  return filled;
}

}  // namespace infer::detail
