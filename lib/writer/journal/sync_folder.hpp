// Makes names durable: a file that was created, renamed or removed is so after a power cut, too.
#pragma once

#include <string>

namespace infer {

/// Syncs the folder that holds `path`. Throws RunError; file systems that cannot do it are believed.
void sync_folder_of(const std::string& path);

}  // namespace infer
