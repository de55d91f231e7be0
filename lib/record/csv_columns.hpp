// What the cells of a CSV's records are called, for who has but a piece of the file.
#pragma once

#include <string>

namespace infer {

struct CsvColumns {
  char separator = ',';
  std::string header{};  ///< the file's first record, as it stands there
};

}  // namespace infer
