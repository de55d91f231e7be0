// How all ranks come to see the same input.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "comm/channel.hpp"
#include "config/config.hpp"
#include "reader/input_file.hpp"

namespace infer {

/// Collective: the input files, of which every rank that reads them must see the same. Throws AgreedError.
std::vector<InputFile> open_input(Channel& channel, const InputOptions& input);

/// On rank 0: what the other ranks need not find out. Throws UsageError for columns that cannot be told
/// apart.
void look_into(std::vector<InputFile>& files, const InputOptions& input);

/// Where the pictures that the records of `file` name must lie.
ImageRoot image_root(const InputFile& file, const InputOptions& input);

/// With the names of `files` in the place of those that were given for them, and where their pictures lie.
RunConfig with_inputs(RunConfig config, std::span<const InputFile> files);

/// As a message for the other ranks, and back: all but the names of pictures, which rank 0 reads alone.
std::string serialize_input(std::span<const InputFile> files);
std::vector<InputFile> parse_input(const std::string& message);

/// Throws UsageError when one of `files` is not the file that rank 0 sees.
void check_input(std::span<const InputFile> root, std::span<const InputFile> files);

}  // namespace infer
