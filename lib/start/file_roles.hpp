// No file plays two parts in a run: what is written destroys nothing that is read, whatever name it goes by.
#pragma once

#include "config/config.hpp"

namespace infer {

/// Compares, by device and inode, all files that the run writes, those beside the outputs included, with all
/// that it reads and with each other. Throws UsageError naming both; touches nothing.
void check_file_roles(const RunConfig& config);

}  // namespace infer
