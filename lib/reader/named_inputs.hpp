// What a name on the command line stands for: itself, the files of a folder, or those that a pattern matches.
#pragma once

#include <string>
#include <vector>

namespace infer {

/// The inputs that `given` names, sorted bytewise by their paths; a name that is there is no pattern. Of a
/// folder all regular files, its folders' too, but for what begins with . or _ and the NAME.run that stands
/// beside a NAME. Throws UsageError where there is none, and for what cannot be read.
std::vector<std::string> named_inputs(const std::string& given);

}  // namespace infer
