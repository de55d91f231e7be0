// The timelines of all ranks as one file, for ui.perfetto.dev or chrome://tracing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/timeline.hpp"
#include "base/unique_fd.hpp"
#include "comm/channel.hpp"
#include "config/config.hpp"
#include "start/observer.hpp"

namespace infer {

/// Of one of `ranks` ranks; off without config.output.trace.
std::shared_ptr<Timeline> make_timeline(const RunConfig& config, int ranks);

/// A lock on the file, for as long as the run will want to write it. Throws UsageError when it cannot be
/// written, when another run has it, or when something else than a trace is in it, without `overwrite`;
/// leaves what is there as it is.
UniqueFd claim_trace(const std::string& path, bool overwrite);

/// The same refusals, without taking or making anything.
void look_at_trace(const std::string& path, bool overwrite);

/// The parts of the start, one after the other.
void add_start(Timeline::Lane& lane, Clock::time_point process_start, const StartTimes& start);

/// One rank's events in Chrome's Trace Event Format, each line with a comma at its end; times are
/// microseconds since 1970.
std::string trace_events(const Timeline& timeline, int rank, const std::string& host);

/// Collective, at the end of a run; nothing without config.output.trace. Rank 0 writes the file and returns
/// its name. Where that fails there is a warning only: the run itself is done by then.
std::string write_trace(Channel& channel, const RunConfig& config, const Timeline& timeline,
                        const std::function<void(const std::string&)>& warn);

}  // namespace infer
