#include "worker/chunk_decoders.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "worker/column_choices.hpp"

namespace infer {
namespace {

/// Another scoring's chunk, with this one's keys.
DecodedChunk copy_for(const DecodedChunk& chunk, std::size_t sharer) {
  auto copy = chunk;
  copy.work.read_ns = copy.work.decode_ns = 0;
  if (copy.other_keys.empty()) return copy;
  const auto keys = std::move(copy.other_keys.at(sharer));
  copy.other_keys.clear();
  for (std::size_t row = 0; row < keys.size(); ++row) copy.table.rows[row].key = keys[row];
  return copy;
}

/// What the scorings of one decoder get of its chunk. The first of them is whose keys the rows have.
void hand_out(DecodedChunk chunk, std::span<const std::size_t> scorings, std::span<const std::size_t> takers,
              std::vector<ChunkToScore>& out) {
  for (std::size_t i = 1; i < scorings.size(); ++i) {
    if (std::ranges::count(takers, scorings[i]) > 0) out.push_back({scorings[i], copy_for(chunk, i - 1)});
  }
  if (takers.front() != scorings.front()) return;
  chunk.other_keys.clear();
  out.push_back({scorings.front(), std::move(chunk)});
}

}  // namespace

ChunkDecoders::ChunkDecoders(std::span<const ScoringConfig> scorings) : scorings_(scorings) {
  const auto choices = column_choices(scorings);
  for (std::size_t s = 0; s < scorings.size(); ++s) {
    if (scorings[s].decoded_as != s) continue;
    auto& shared = decoders_.emplace_back();
    shared.decoder = std::make_unique<Decoder>(scorings[s].decoder);
    const auto choice = std::ranges::find(choices, scorings[s].columns);
    shared.choice = static_cast<std::size_t>(choice - choices.begin());
    for (std::size_t other = s; other < scorings.size(); ++other) {
      if (scorings[other].decoded_as == s) shared.scorings.push_back(other);
    }
  }
}

std::vector<std::size_t> ChunkDecoders::takers(const Shared& shared, std::uint64_t chunk) const {
  std::vector<std::size_t> takers;
  std::ranges::copy_if(shared.scorings, std::back_inserter(takers),
                       [&](std::size_t s) { return chunk >= scorings_[s].first_chunk; });
  return takers;
}

/// What was read for it, which it takes along where no decoder behind it needs that.
DecodedChunk ChunkDecoders::decode_one(const Shared& shared, std::vector<RawChunk>& raw) const {
  const bool is_for_all = raw.size() == 1;
  auto& own = is_for_all ? raw.front() : raw.at(shared.choice);
  const auto behind = std::span(decoders_).subspan(static_cast<std::size_t>(&shared - decoders_.data()) + 1);
  const auto read_ns = std::exchange(own.read_ns, 0);
  const bool is_needed = std::ranges::any_of(
      behind, [&](const Shared& other) { return is_for_all || other.choice == shared.choice; });
  auto chunk = is_needed ? shared.decoder->decode(own) : shared.decoder->decode(std::move(own));
  chunk.work.read_ns = read_ns;
  return chunk;
}

std::vector<ChunkToScore> ChunkDecoders::decode(std::vector<RawChunk> raw) {
  const auto id = raw.front().range.id;
  std::vector<ChunkToScore> out;
  for (auto& shared : decoders_) {
    const auto wanted = takers(shared, id);
    if (!wanted.empty()) hand_out(decode_one(shared, raw), shared.scorings, wanted, out);
  }
  return out;
}

}  // namespace infer
