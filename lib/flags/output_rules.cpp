#include "flags/output_rules.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/canonical_path.hpp"
#include "base/error.hpp"
#include "encoder/output_format.hpp"
#include "flags/file_names.hpp"
#include "flags/key_flags.hpp"

namespace infer::detail {
namespace {

/// The next look into the folder would find it there.
void refuse_output_among(const std::vector<std::string>& inputs, const std::string& flag,
                         const std::string& output) {
  const auto lies_in = [place = canonical_path(output)](const std::string& input) {
    std::error_code unknown;
    return std::filesystem::is_directory(input, unknown) &&
           place.starts_with((std::filesystem::path(canonical_path(input)) / "").string());
  };
  const auto folder = std::ranges::find_if(inputs, lies_in);
  if (folder == inputs.end()) return;
  throw UsageError(flag + " " + output + " lies in the folder " + *folder +
                   ", which is an input: it would be one of the inputs of the next run; write it elsewhere");
}

/// Rows of numbers alone have no place for anything else.
void check_numbers_alone(const OutputOptions& output, const InputOptions& input, std::string_view ending,
                         bool others_have_fields) {
  const auto file = "a " + std::string(ending) + " file has no ";
  if (!input.passthrough.empty() && !output.errors && !others_have_fields)
    throw UsageError(
        "--passthrough and --output " + rows_file(output) + ": " + file +
        "place for fields; write JSON Lines, or give --errors FILE, where the records that failed "
        "have them");
  if (output.non_finite == NonFinite::string)
    throw UsageError("--non-finite string and --output " + rows_file(output) + ": " + file +
                     "strings; a record with NaN or infinity counts as failed there");
  if (output.on_error == OnError::skip)
    throw UsageError("--on-error skip and --output " + rows_file(output) +
                     ": row k of the array is record k, so none can be left out; a failed one is NaN");
}

/// Where rows have no place for all of an error, errors are listed beside them.
void complete_format(OutputOptions& output, const InputOptions& input, bool others_have_fields) {
  const auto& format = output_format(rows_file(output));
  if (format.has_errors) return;
  if (!format.has_fields) check_numbers_alone(output, input, format.ending, others_have_fields);
  if (!output.errors)
    output.errors = output.dir.empty() ? output.path + ".errors.jsonl" : output.dir + "/errors.jsonl";
}

void check_names(const OutputOptions& output) {
  const auto same = [](const std::optional<std::string>& one, const std::optional<std::string>& other) {
    return one && other && canonical_path(*one) == canonical_path(*other);
  };
  if (same(output.errors, output.path)) throw UsageError("--errors and --output name the same file");
  check_file_name("--output", rows_file(output));
  if (output.errors) check_file_name("--errors", *output.errors);
  if (output.trace) check_file_name("--trace", *output.trace);
  if (same(output.trace, output.path) || same(output.trace, output.errors))
    throw UsageError("--trace and --output or --errors name the same file");
}

void check_report_names(const OutputOptions& output) {
  const auto& report = output.report;
  if (report && !report->ends_with(".json") && !report->ends_with(".html"))
    throw UsageError("--report " + *report + ": name a file that ends in .html, to look at, or in .json");
  if (output.metrics_file && *output.metrics_file == "-")
    throw UsageError("--metrics-file -: name a file; it is replaced every few seconds");
}

void check_places(const std::vector<std::string>& inputs, const OutputOptions& output) {
  if (output.path != "-") refuse_output_among(inputs, "--output", output.path);
  if (output.errors) refuse_output_among(inputs, "--errors", *output.errors);
  if (output.trace) refuse_output_among(inputs, "--trace", *output.trace);
  if (output.report) refuse_output_among(inputs, "--report", *output.report);
  if (output.metrics_file) refuse_output_among(inputs, "--metrics-file", *output.metrics_file);
}

}  // namespace

void complete_output(RunConfig& config, bool others_have_fields) {
  check_names(config.output);
  check_report_names(config.output);
  check_places(config.input.files, config.output);
  complete_format(config.output, config.input, others_have_fields);
  check_keys(config);
}

}  // namespace infer::detail
