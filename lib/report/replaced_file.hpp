// A small file that is replaced as a whole: whoever reads it finds all of the old text or all of the new.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace infer {

/// Where the new text is written before it takes the name.
std::string file_in_the_making(const std::string& path);

/// Throws UsageError where `path` cannot be written, or holds something that begins with none of `begins` and
/// is not to be lost unless `overwrite`. Touches nothing.
void check_replaced(const std::string& path, const std::string& flag,
                    std::span<const std::string_view> begins, bool overwrite);

/// On disk when this returns. What is no regular file is written directly. Throws RunError.
void replace_file(const std::string& path, std::string_view text);

}  // namespace infer
