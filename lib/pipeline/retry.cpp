#include "pipeline/retry.hpp"

#include <algorithm>

#include "base/checked_cast.hpp"
#include "base/error.hpp"
#include "writer/failure_list.hpp"
#include "writer/npy.hpp"

namespace infer {
namespace {

/// Index of `path` among the inputs from `first` on: the same file may be an input twice.
std::uint32_t find_input(const std::vector<std::string>& inputs, std::uint32_t first,
                         const std::string& path) {
  const auto found = std::find(inputs.begin() + first, inputs.end(), path);
  if (found != inputs.end()) return checked_cast<std::uint32_t>(found - inputs.begin());
  throw UsageError("--retry-errors: a record of " + path +
                   " failed, which is not among the inputs (in that order); give them as then");
}

}  // namespace

std::vector<SelectedRecord> find_failed_records(const RunConfig& config) {
  const bool in_place = config.on_error != OnError::skip && !config.array;
  std::vector<SelectedRecord> selected;
  std::uint32_t file = 0;
  for (const auto& failed : read_failures(output_names(config), in_place)) {
    const auto* last = selected.empty() ? nullptr : &selected.back();
    if (last != nullptr && failed.row <= last->number)
      throw UsageError("--retry-errors: record " + std::to_string(failed.row) +
                       " is said to have failed after record " + std::to_string(last->number) +
                       "; the list must be in input order, as it was written");
    const bool next_of_same =
        config.input.at(file) == failed.file && (last == nullptr || failed.offset > last->offset);
    if (!next_of_same) file = find_input(config.input, last == nullptr ? 0 : file + 1, failed.file);
    selected.push_back({file, failed.offset, failed.line == 0 ? 0 : failed.line - 1, failed.row});
  }
  return selected;
}

RetryConfig retry_config(const RunConfig& config, std::size_t width,
                         const std::vector<SelectedRecord>& selected) {
  RetryConfig retry;
  retry.in_place = config.on_error != OnError::skip;
  if (config.array) {
    retry.layout.header_bytes = npy_header(*config.array, 0, width).size();
    retry.layout.row_bytes = width * dtype_size(*config.array);
  }
  for (const auto& record : selected) retry.rows.push_back(record.number);
  return retry;
}

}  // namespace infer
