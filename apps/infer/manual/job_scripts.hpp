// The job scripts of configs/slurm/, which the program has inside: an installation comes without a checkout.
#pragma once

#include <span>

namespace infer::detail {

struct JobScript {
  const char* form;  // of --print
  const char* text;
};

std::span<const JobScript> job_scripts();

}  // namespace infer::detail
