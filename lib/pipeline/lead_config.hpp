// What rank 0's planner and writer are told, from the configuration of the run.
#pragma once

#include <cstddef>

#include "comm/channel.hpp"
#include "config/config.hpp"
#include "rounds/planner.hpp"
#include "start/setup.hpp"
#include "writer/ordered_writer.hpp"

namespace infer {

PlannerConfig planner_config(const Channel& channel, const RunConfig& config, const RunSetup& setup);

/// Of output `which`.
WriterConfig writer_config(const Channel& channel, const RunSetup& setup, std::size_t which);

}  // namespace infer
