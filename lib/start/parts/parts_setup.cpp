#include "start/parts/parts_setup.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/message.hpp"
#include "comm/agreement.hpp"
#include "reader/input_file.hpp"

namespace infer {

template <class Archive, MaybeConst<PartNames> Value>
void fields(Archive& all, Value& names) {
  all(names.folder, names.stem, names.ending);
}

template <class Archive, MaybeConst<PartsSetup> Value>
void fields(Archive& all, Value& parts) {
  all(parts.names, parts.chunks, parts.most_orders);
}

namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;
constexpr std::uint64_t kFewParts = 64;  ///< of a small input, about, as of chunks: each costs two syncs
constexpr std::uint64_t kSmallBytes = 8 * kMiB;
constexpr std::uint64_t kManyParts = 1024;
constexpr std::uint64_t kMostBytes = 256 * kMiB;
constexpr std::uint64_t kStreamBytes = 4 * kMiB;
constexpr std::uint64_t kLeastAhead = 8 * kMiB;
constexpr std::uint64_t kMostAhead = 1024 * kMiB;

std::uint64_t usual_bytes(std::uint64_t input_bytes) {
  const auto small = std::min(input_bytes / kFewParts, kSmallBytes);
  return std::clamp(input_bytes / kManyParts, small, kMostBytes);
}

}  // namespace

std::uint64_t part_chunks(const OutputOptions& output, const Source& source) {
  const auto usual = is_stream(source.files()) ? kStreamBytes : usual_bytes(source.input_bytes().value_or(0));
  const auto bytes = output.part_bytes.value_or(usual);
  return std::max<std::uint64_t>(1, bytes / source.chunk_bytes());
}

std::uint64_t most_begun_parts(std::uint64_t chunks, std::uint64_t max_held, int ranks) {
  constexpr std::uint64_t kTimes = 4;
  return std::max(kTimes, kTimes * max_held / chunks) * static_cast<std::uint64_t>(ranks);
}

std::uint64_t stream_bytes_ahead(const OutputOptions& output, int ranks) {
  if (output.dir.empty()) return kLeastAhead;
  const auto parts = static_cast<std::uint64_t>(ranks) + 1;
  const auto bytes = std::min(output.part_bytes.value_or(kStreamBytes), kMostAhead);
  return std::clamp(parts * bytes, kLeastAhead, kMostAhead);
}

ManifestHead manifest_head(const RunConfig& config, const OutputForm& form, const RunRecord& run) {
  ManifestHead head{config.command.version, config.output.format, form.header_text(0).size(), run.facts};
  std::erase_if(head.facts, [](const Fact& fact) { return !fact.binding || fact.name == "--errors"; });
  return head;
}

PartNames choose_part_names(const OutputOptions& output) {
  std::ifstream file(output.path, std::ios::binary);
  const std::string manifest{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return {output.dir, std::string(free_part_stem(manifest)), "." + output.format};
}

std::optional<PartsSetup> share_parts_setup(Channel& channel, const std::optional<PartsSetup>& from_root,
                                            Deadline deadline) {
  const auto message = broadcast(channel, as_text(to_message(from_root)), deadline);
  return from_message<std::optional<PartsSetup>>(as_byte_view(message));
}

}  // namespace infer
