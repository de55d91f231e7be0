#include "worker/activity.hpp"

#include <algorithm>

namespace infer {

std::string_view stage_text(Stage stage) {
  switch (stage) {
    case Stage::reader: return "reading";
    case Stage::decoder: return "decoding";
    case Stage::model: return "in the model";
    case Stage::part_writer: return "writing the part";
    case Stage::encoder: break;
  }
  return "encoding";
}

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::reader: return "read";
    case Stage::decoder: return "decode";
    case Stage::model: return "model";
    case Stage::part_writer: return "write";
    case Stage::encoder: break;
  }
  return "encode";
}

std::optional<Activity> slower(std::optional<Activity> one, std::optional<Activity> other) {
  if (!one || !other) return one ? one : other;
  return one->seconds >= other->seconds ? one : other;
}

std::optional<Activity> while_awake(std::optional<Activity> activity, const PauseWatch& pause) {
  if (activity) activity->seconds = std::min(activity->seconds, pause.awake().count());
  return activity;
}

}  // namespace infer
