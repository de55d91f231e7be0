// Lines on the input: that all ranks see the same, and what the first records of each file are like.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/checklist.hpp"
#include "config/config.hpp"
#include "decoder/decoder.hpp"
#include "reader/input_file.hpp"

namespace infer {

/// Collective: "input". This rank's files; empty where one cannot be read, or is another than on rank 0.
std::optional<std::vector<InputFile>> check_input(Channel& channel, const InputOptions& input,
                                                  Checklist& list);

/// On rank 0: "records". Decodes the first ones of each file, as far as a second or so goes.
void check_records(const RunConfig& config, const std::vector<InputFile>& files, const DecoderConfig& decoder,
                   Checklist& list);

/// What it means to the exit code of the run that so many of the first records failed.
Verdict weight_of_failures(const OutputOptions& output, std::uint64_t failed);
std::string remedy_of_failures(const OutputOptions& output, std::uint64_t failed);

}  // namespace infer
