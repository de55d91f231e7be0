// This machine's name, as messages, locks and folders of several hosts tell them apart.
#pragma once

#include <string>

namespace infer {

/// "localhost" where the system does not say.
std::string host_name();

}  // namespace infer
