// A file without a place on the disk, for code that takes a path.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "fuzz/require.hpp"

namespace infer::fuzz {

/// Lives as long as this object.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_(::memfd_create("infer_fuzz", MFD_CLOEXEC)) {
    INFER_FUZZ_REQUIRE(fd_);
    INFER_FUZZ_REQUIRE(::write(fd_.get(), content.data(), content.size()) ==
                       static_cast<ssize_t>(content.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }

 private:
  UniqueFd fd_;
};

}  // namespace infer::fuzz
