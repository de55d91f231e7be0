// Where the pictures lie that the records of an input name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace infer {

struct ImageRoot {
  std::string folder;    ///< that paths begin at; empty: the current one
  bool confined = true;  ///< no path and no link leads out of it
  std::string own{};     ///< a file that is named from the current folder, wherever it lies: the input itself

  bool operator==(const ImageRoot&) const = default;
};

/// What the pictures of a run may be.
struct ImageAccess {
  std::vector<ImageRoot> roots{};  ///< of each input, in the run's order
  std::uint64_t max_pixels = 0;    ///< of a picture in its file
  std::uint64_t max_bytes = 0;     ///< of such a file
};

}  // namespace infer
