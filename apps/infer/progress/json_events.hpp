// What a run tells of itself, as fields for programs.
#pragma once

#include "progress/json_object.hpp"
#include "start/observer.hpp"

namespace infer {

JsonObject event_fields(const RunHeader& header);
JsonObject event_fields(const RunProgress& progress);
JsonObject event_fields(const RunSummary& summary);

}  // namespace infer
