#include "pipeline/run_report.hpp"

#include <numeric>

#include "base/text.hpp"

namespace infer {
namespace {

std::string too_many_failed(const WriterProgress& written, const ErrorAllowance& allowed) {
  return std::to_string(written.failed) + " of " + std::to_string(written.records) +
         " records failed, more than --max-errors " + number_text(allowed.value) +
         (allowed.percent ? "%" : "") + " allows: exit code 1";
}

}  // namespace

RunReport::RunReport(const RunConfig& config, const RunSetup& setup, std::size_t ranks)
    : config_(config),
      source_(*setup.lead->source),
      resumed_bytes_(
          source_.input_bytes_before(setup.lead->start.from.chunks, setup.lead->start.from.input_bytes)) {
  summary_.start = setup.times;
  summary_.output = config.output.path;
  summary_.resumed_rows = setup.lead->start.from.rows;
  summary_.ranks.resize(ranks);
  summary_.gpus = count_gpus(setup.lead->placements);
  summary_.pool_threads = ranks * static_cast<std::size_t>(setup.pipeline.pool_threads);
}

void RunReport::add_chunk(std::size_t rank, const EncodedChunk& chunk) {
  summary_.ranks[rank].rows += chunk.rows;
  summary_.ranks[rank].work += chunk.work;
  tokens_ += chunk.work.tokens;
}

void RunReport::add_gather(double seconds) {
  summary_.gather_seconds += seconds;
  ++summary_.gathers;
}

RunProgress RunReport::progress(const WriterProgress& written) const {
  return {since_start_.elapsed_s(), written.rows,
          written.failed,           source_.input_bytes_before(written.next_chunk, written.input_bytes),
          source_.input_bytes(),    summary_.resumed_rows,
          resumed_bytes_,           tokens_};
}

std::uint64_t RunReport::scored() const {
  return std::accumulate(summary_.ranks.begin(), summary_.ranks.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const RankReport& rank) { return sum + rank.rows; });
}

RunSummary RunReport::summary(const WriterProgress& written) const {
  auto summary = summary_;
  summary.rows = written.rows;
  summary.failed = written.failed;
  summary.first_failure = written.first_failure;
  summary.write_seconds = seconds_of(written.write_ns);
  summary.journal_seconds = seconds_of(written.journal_ns);
  summary.seconds = since_start_.elapsed_s();
  summary.total_seconds = Seconds(Clock::now() - config_.command.process_start).count();
  if (written.first_row)
    summary.start.first_row = Seconds(*written.first_row - config_.command.process_start).count();
  if (written.committed && !config_.output.max_errors.permits(written.failed, written.records))
    summary.too_many_failed = too_many_failed(written, config_.output.max_errors);
  return summary;
}

}  // namespace infer
