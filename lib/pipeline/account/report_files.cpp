#include "pipeline/account/report_files.hpp"

#include <utility>

#include "report/metrics_text.hpp"
#include "report/report_text.hpp"

namespace infer {
namespace {

constexpr double kBetweenMetrics = 5;  ///< seconds
constexpr Seconds kLongestWrite{5};    ///< of the last texts

}  // namespace

ReportFiles::ReportFiles(const RunConfig& config, std::function<void(const std::string&)> warn)
    : report_(config.output.report), warn_(std::move(warn)) {
  if (config.output.metrics_file) metrics_.emplace(*config.output.metrics_file);
}

void ReportFiles::progressed(const std::function<RunAccount()>& account) {
  if (!metrics_ || (since_metrics_ && since_metrics_->elapsed_s() < kBetweenMetrics)) return;
  since_metrics_.emplace();
  metrics_->put(metrics_text(account()));
}

bool ReportFiles::write(BackgroundFile& file, std::string text, const std::string& flag) {
  file.put(std::move(text));
  const auto problem = file.finish(kLongestWrite);
  if (!problem.empty()) warn_(problem + " (" + flag + ")");
  return problem.empty();
}

std::string ReportFiles::finish(const RunAccount& account) {
  if (metrics_) write(*metrics_, metrics_text(account), "--metrics-file");
  if (!report_) return "";
  BackgroundFile report(*report_);
  return write(report, report_text(account, *report_), "--report") ? *report_ : "";
}

}  // namespace infer
