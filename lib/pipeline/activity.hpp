// What a rank is busy with at the moment, so that a rank that hangs can be told by name and place.
#pragma once

#include <cstdint>
#include <string_view>

namespace infer {

enum class Stage : std::uint8_t { reader, decoder, model, encoder };

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

}  // namespace infer
