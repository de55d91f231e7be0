// What a checkpoint keeps for the report, as JSON: internal to the journal's text.
#pragma once

#include <simdjson.h>

#include <vector>

#include "json/json_writer.hpp"
#include "record/session.hpp"

namespace infer {

// Nothing where there is none: journals are read by earlier versions, too.
void append_failures(JsonMembers& checkpoint, const std::vector<CodeFailures>& failures);
void append_sessions(JsonMembers& checkpoint, const std::vector<Session>& sessions);

// None where the checkpoint has none. Throw simdjson_error for what these did not write.
std::vector<CodeFailures> read_failures(const simdjson::dom::element& checkpoint);
std::vector<Session> read_sessions(const simdjson::dom::element& checkpoint);

}  // namespace infer
