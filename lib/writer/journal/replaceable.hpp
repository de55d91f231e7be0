// What may give way to a file that infer writes.
#pragma once

#include <string>

namespace infer {

/// Throws UsageError where `path` is a regular file that neither is text, nor begins as anything that infer
/// writes, nor has a NAME.run beside it: not even --overwrite is meant for it, and a record may name a part
/// of it. Of one that cannot be read, no record can. `what`: "--output NAME".
void check_replaceable(const std::string& path, const std::string& what);

}  // namespace infer
