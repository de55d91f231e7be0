// No file plays two parts in a run: what is written destroys nothing that is read, whatever name it goes by.
#pragma once

#include <span>

#include "config/config.hpp"

namespace infer {

/// Compares, by device and inode, all files that the run writes, those beside the outputs included, with all
/// that it reads and with each other. No picture and no tar gives way to one, for a record may name it, and
/// nothing else that check_replaceable() refuses.
/// Throws UsageError; touches nothing.
/// `outputs`: of one run, each as if it were the only one.
void check_file_roles(std::span<const RunConfig> outputs);

}  // namespace infer
