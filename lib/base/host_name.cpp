#include "base/host_name.hpp"

#include <unistd.h>

#include <array>
#include <climits>

namespace infer {

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::string rank_name(int rank, const std::string& host) {
  return "rank " + std::to_string(rank) + " (" + host + ")";
}

}  // namespace infer
