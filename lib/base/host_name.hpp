// What machines and ranks are called, as messages, locks and folders of several hosts tell them apart.
#pragma once

#include <string>

namespace infer {

/// "localhost" where the system does not say.
std::string host_name();

/// "rank 1 (node7)"
std::string rank_name(int rank, const std::string& host);

}  // namespace infer
