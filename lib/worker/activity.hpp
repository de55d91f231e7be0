// What a rank is busy with at the moment, so that a rank that hangs can be told by name and place.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/pause_watch.hpp"

namespace infer {

enum class Stage : std::uint8_t { reader, decoder, model, encoder, part_writer };

/// "reading", "decoding", ...
std::string_view stage_text(Stage stage);

/// "read", "decode", ...
std::string_view stage_name(Stage stage);

/// One step of one stage: a chunk to read, decode or encode, a batch of it for the model.
struct Activity {
  Stage stage = Stage::reader;
  std::uint64_t chunk = 0;
  double seconds = 0;  ///< since the step began
};

/// The one that has taken longer, if any.
std::optional<Activity> slower(std::optional<Activity> one, std::optional<Activity> other);

/// No step has taken longer than this process has been awake.
std::optional<Activity> while_awake(std::optional<Activity> activity, const PauseWatch& pause);

}  // namespace infer
