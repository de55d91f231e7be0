#include "start/earlier/output_claim.hpp"

#include <filesystem>

#include "encoder/output_format.hpp"
#include "report/metrics_text.hpp"
#include "report/replaced_file.hpp"
#include "report/report_text.hpp"
#include "start/file_roles.hpp"
#include "start/parts/earlier_parts.hpp"
#include "start/trace.hpp"
#include "writer/output_name.hpp"

namespace infer {

namespace {

/// What is replaced at the end, or again and again.
void check_reports(const OutputOptions& output) {
  if (output.report) check_replaced(*output.report, "--report", kReportBegins, output.start.overwrite);
  if (output.metrics_file)
    check_replaced(*output.metrics_file, "--metrics-file", kMetricsBegins, output.start.overwrite);
}

/// As far as it shows without touching anything.
void check_files(const RunConfig& config) {
  const auto& names = config.output;
  const auto& format = output_format(rows_file(names));
  check_output(names.path, format.header_counts_rows || format.footer != nullptr);
  if (names.errors) check_output(*names.errors);
  check_reports(names);
}

bool is_to_be_made(const OutputOptions& output) {
  return !output.dir.empty() && !std::filesystem::exists(output.dir);
}

/// Of parts that are to be in a folder that is not there yet.
FoundOutput look_at_new_folder(const RunConfig& config) {
  check_output(config.output.dir);
  if (config.output.trace) look_at_trace(*config.output.trace, config.output.start.overwrite);
  check_reports(config.output);
  FoundOutput found;
  found.can_resume = true;
  return found;
}

}  // namespace

OutputClaim claim_outputs(const RunConfig& config) {
  const auto& names = config.output;
  if (!names.dir.empty()) make_parts_folder(names.dir);
  check_files(config);
  OutputClaim claim;
  if (names.trace) claim.trace = claim_trace(*names.trace, names.start.overwrite);
  claim.output = claim_output(output_names(config), names.start);
  if (!names.dir.empty()) check_parts_are_known(names, claim.output);
  return claim;
}

FoundOutput look_at_outputs(const RunConfig& config) {
  check_file_roles({&config, 1});
  const auto& names = config.output;
  if (is_to_be_made(names)) return look_at_new_folder(config);
  check_files(config);
  if (names.trace) look_at_trace(*names.trace, names.start.overwrite);
  auto found = look_at_output(output_names(config), names.start);
  if (!names.dir.empty()) check_parts_are_known(names, found);
  return found;
}

}  // namespace infer
