// The files in which a run tells of itself: the metrics while it is on, the report at its end.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "report/background_file.hpp"
#include "report/run_account.hpp"

namespace infer {

/// Main thread only. Keeps nobody waiting for a disk but at the end, and then not for long.
class ReportFiles {
 public:
  /// `warn`: where a file cannot be written, the run itself goes on.
  ReportFiles(const RunConfig& config, std::function<void(const std::string&)> warn);

  /// Called often; asks for the account every few seconds, when there are metrics to write.
  void progressed(const std::function<RunAccount()>& account);

  /// Once, at the end. The report's name; empty where none was written.
  std::string finish(const RunAccount& account);

 private:
  bool write(BackgroundFile& file, std::string text, const std::string& flag);

  std::optional<std::string> report_;
  std::optional<BackgroundFile> metrics_;
  std::function<void(const std::string&)> warn_;
  std::optional<Stopwatch> since_metrics_;
};

}  // namespace infer
