// A summary with what it is of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "peek/result_files.hpp"
#include "peek/summary.hpp"

namespace infer {

struct ResultLook {
  std::vector<std::string> names;  ///< as they were given
  std::vector<ResultFile> files;
  bool is_finished = true;
  std::vector<std::string> notes;
  std::string dtype;  ///< of an array's values; empty: numbers are text
  Summary summary;
};

/// Of all that result_files() gives; throws as that and what reads them.
ResultLook sum_up(const std::vector<std::string>& paths);

/// "JSON Lines", "NumPy array", or both.
std::string form_names(const std::vector<ResultFile>& files);

struct LookSize {
  std::size_t labels = 10;  ///< of each field that are listed
  std::size_t columns = 0;  ///< 0: lines are whole
};

/// For a person, with newlines.
std::string summary_text(const ResultLook& look, const LookSize& size);
/// For a program: one object and a newline.
std::string summary_json(const ResultLook& look, std::size_t labels);

}  // namespace infer
