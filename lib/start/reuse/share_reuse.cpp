#include "start/reuse/share_reuse.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "base/message.hpp"
#include "base/temporary_folder.hpp"
#include "base/text.hpp"
#include "comm/agreement.hpp"
#include "keys/keys_file.hpp"
#include "keys/keys_path.hpp"
#include "reuse/build_reuse_index.hpp"
#include "reuse/reuse_index.hpp"
#include "start/reuse/earlier_rows.hpp"
#include "start/setup_timeout.hpp"

namespace infer {
namespace {

/// As slow as a file system may be that is read once.
constexpr double kLeastBytesPerSecond = 20e6;

/// Else a row may depend on what came before it, or beside it.
bool are_alone(const ModelOptions& model) {
  return !model.stateful && !model.seed && !model.allow_batch_effects;
}

Seconds reading_time(const std::vector<std::string>& outputs) {
  double bytes = 0;
  for (const auto& output : outputs) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(output, unknown);
    if (!unknown) bytes += static_cast<double>(size);
  }
  return kSetupTimeout + Seconds(bytes / kLeastBytesPerSecond);
}

class Sharing {
 public:
  Sharing(World& world, const RunConfig& config, const EncoderConfig& encoder,
          const std::vector<std::vector<KeyFact>>& all, RunObserver& observer)
      : world_(world),
        channel_(world.channel()),
        config_(config),
        encoder_(encoder),
        all_(all),
        observer_(observer) {}

  /// Null where no output has rows of such facts.
  std::shared_ptr<const ReuseIndex> index_of(const std::vector<KeyFact>& facts) {
    const auto outputs = agree_on_outputs(facts);
    if (outputs.empty()) return nullptr;
    const Deadline deadline(reading_time(outputs));
    std::optional<BuiltReuseIndex> built;
    agree(channel_, deadline, [&] {
      if (channel_.rank() == world_.first_local_rank()) built = build(outputs);
    });
    const auto paths = told_by_all(channel_, built ? built->path() : "", Deadline(kSetupTimeout));
    const auto& path = paths.at(static_cast<std::size_t>(world_.first_local_rank()));
    std::shared_ptr<const ReuseIndex> index;
    agree(channel_, deadline, [&] {
      std::error_code not_seen;  // from another container of the same host: then this rank has its own
      if (!built && !std::filesystem::exists(path, not_seen)) built = build(outputs);
      index = std::make_shared<const ReuseIndex>(built ? built->path() : path);
    });
    return index;
  }

 private:
  /// Those whose rows count.
  std::vector<std::string> agree_on_outputs(const std::vector<KeyFact>& facts) {
    std::vector<std::string> outputs;
    agree_with_root(channel_, Deadline(kSetupTimeout), [&] {
      for (const auto& output : reused_outputs(config_.output.reuse)) {
        if (is_alike(output, facts)) outputs.push_back(output);
      }
    });
    const auto message = broadcast(channel_, as_text(to_message(outputs)), Deadline(kSetupTimeout));
    return from_message<std::vector<std::string>>(as_byte_view(message));
  }

  bool is_alike(const std::string& output, const std::vector<KeyFact>& facts) {
    const KeysFile keys(keys_path(output), KeysFile::Check::heads);
    const auto differences = key_differences(keys.head().facts, facts);
    if (differences.empty()) return true;
    const bool is_anothers = std::ranges::any_of(
        all_, [&](const auto& each) { return key_differences(keys.head().facts, each).empty(); });
    if (is_anothers) return false;
    observer_.warning(0,
                      "--reuse: no row of " + output +
                          " is taken over, for it was made of something else: " + joined(differences, "; "));
    return false;
  }

  BuiltReuseIndex build(const std::vector<std::string>& outputs) const {
    std::vector<ReuseSource> sources;
    for (const auto& output : outputs) sources.push_back(reuse_source(output, encoder_));
    return build_reuse_index(sources, temporary_folder().string());
  }

  World& world_;
  Channel& channel_;
  const RunConfig& config_;
  const EncoderConfig& encoder_;
  const std::vector<std::vector<KeyFact>>& all_;  // outputs of the run
  RunObserver& observer_;
};

}  // namespace

std::vector<KeyFact> share_key_facts(Channel& channel, const std::vector<KeyFact>& facts) {
  const auto parsed = parse_keys(broadcast(channel, keys_head({facts}), Deadline(kSetupTimeout)));
  return std::get<KeysText>(parsed).head.facts;
}

RowReuse share_reuse(World& world, const RunConfig& config, const EncoderConfig& encoder,
                     const std::vector<KeyFact>& facts, const std::vector<std::vector<KeyFact>>& all,
                     RunObserver& observer) {
  RowReuse reuse;
  reuse.repeats = are_alone(config.model);
  if (const auto bytes = config.output.repeat_cache) reuse.cache = std::make_shared<RepeatCache>(*bytes);
  if (!wants_keys(config.output)) return reuse;
  reuse.key_context = keys_head({facts});
  if (config.output.reuse.empty()) return reuse;
  if (auto index = Sharing(world, config, encoder, all, observer).index_of(facts))
    reuse.earlier = [index = std::move(index)](const RowKey& key) { return index->find(key); };
  return reuse;
}

}  // namespace infer
