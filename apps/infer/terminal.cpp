#include "terminal.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "gpu_line.hpp"
#include "progress/json_events.hpp"
#include "progress/progress_line.hpp"

namespace infer {
namespace {

constexpr double kRedrawSeconds = 0.1;
constexpr double kLineSeconds = 10;
constexpr double kObjectSeconds = 1;  ///< of JSON, where --progress always asks for them

double interval_s(const Invocation& command, const LogLook& look) {
  if (command.quiet || command.progress == ShowProgress::never) return 0;
  if (look.redraws) return kRedrawSeconds;
  return command.progress == ShowProgress::always ? kObjectSeconds : kLineSeconds;
}

std::string byte_text(std::uint64_t bytes) {
  constexpr double kStep = 1024;
  double value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const auto* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < kStep) break;
    value /= kStep;
    unit = next;
  }
  return fmt::format("{:.4g} {}", value, unit);
}

/// Of the input; of pictures nobody has counted the bytes.
std::string amount_text(const RunHeader& header) {
  if (header.pictures > 0) return ", " + counted(header.pictures, "picture");
  return header.input_bytes ? ", " + byte_text(*header.input_bytes) : "";
}

/// Busy time of the busiest rank's model stage ÷ the mean of all ranks.
double imbalance(const RunSummary& summary) {
  double most = 0;
  double sum = 0;
  for (const auto& rank : summary.ranks) {
    most = std::max(most, seconds_of(rank.work.model_ns));
    sum += seconds_of(rank.work.model_ns);
  }
  return sum > 0 ? most * static_cast<double>(summary.ranks.size()) / sum : 1;
}

/// What the model's memory did not do for, and the flags that would have avoided it.
std::string memory_line(const ChunkWork& work) {
  auto line = "out of memory: " + counted(work.halved, "batch was", "batches were") + " halved";
  if (work.alone > 0) line += ", " + counted(work.alone, "record") + " fitted only alone";
  std::string flags;
  if (work.fitting_elements > 0) flags += fmt::format(" --max-batch-tokens {}", work.fitting_elements);
  if (work.fitting_rows > 0) flags += fmt::format(" --max-batch-size {}", work.fitting_rows);
  if (work.alone > 0) flags += " --replicas 1";
  return flags.empty() ? line : line + ";" + flags + " avoids the retries";
}

}  // namespace

TerminalObserver::TerminalObserver(const Invocation& command, LogSink& log)
    : quiet_(command.quiet),
      verbose_(command.verbose),
      log_(log),
      look_(log.look()),
      interval_s_(interval_s(command, look_)) {}

void TerminalObserver::started(const std::vector<RunHeader>& headers) {
  if (quiet_) return;
  const auto& h = headers.front();
  if (look_.format == LogFormat::json) {
    for (const auto& each : headers) log_.tell("started", event_fields(each));
    return;
  }
  spdlog::info("infer {}: {} on {}, {}, gather by {}", INFER_VERSION, counted(h.ranks, "rank"),
               counted(h.hosts, "host"), h.devices, h.gather);
  const auto whose = [&](const RunHeader& each) { return headers.size() > 1 ? each.output + ": " : ""; };
  for (const auto& each : headers) {
    spdlog::info("{}model {}, {}inputs {}", whose(each), each.model,
                 each.task.empty() ? "" : each.task + ", ",
                 each.signature.empty() ? "none needed" : each.signature);
  }
  const auto more = h.files > 1 ? fmt::format(" and {} more", h.files - 1) : "";
  const auto amount = amount_text(h);
  const auto chunks = h.chunks ? ", " + counted(*h.chunks, "chunk") : "";
  spdlog::info("input {}{}{}{}, {} schedule", h.input, more, amount, chunks, h.schedule);
  for (const auto& each : headers) {
    if (each.resumed_rows > 0)
      spdlog::info("{}{} done already", whose(each), counted(each.resumed_rows, "row is", "rows are"));
  }
}

bool TerminalObserver::wants_progress() { return interval_s_ > 0 && since_look_.elapsed_s() >= interval_s_; }

void TerminalObserver::progressed(const RunProgress& progress) {
  since_look_ = {};
  if (look_.format == LogFormat::json) return log_.tell("progress", event_fields(progress));
  look_.redraws ? log_.draw(progress) : spdlog::info("{}", progress_line(progress));
}

void TerminalObserver::finished(const RunSummary& s) {
  log_.clear();
  if (quiet_) {
    if (!s.too_many_failed.empty()) spdlog::warn("{}; first failure: {}", s.too_many_failed, s.first_failure);
    return;
  }
  if (look_.format == LogFormat::json) return log_.tell("finished", event_fields(s));
  const auto work = total_work(s);
  spdlog::info("{}{} in, {} ok, {} failed, {:.3g} s, {} rows/s", s.is_one_of_several ? s.output + ": " : "",
               counted(s.rows, "row"), grouped_number(s.rows - s.failed), grouped_number(s.failed), s.seconds,
               rate_text(rate(static_cast<double>(s.rows - s.resumed_rows), s.seconds)));
  if (s.resumed_rows > 0)
    spdlog::info("{} of these rows {} done before", grouped_number(s.resumed_rows),
                 s.resumed_rows == 1 ? "was" : "were");
  spdlog::info(
      "busy seconds, all ranks: read {:.3g}, decode {:.3g}, model {:.3g}, encode {:.3g}, gather {:.3g}, "
      "write {:.3g}, journal {:.3g}",
      seconds_of(work.read_ns), seconds_of(work.decode_ns), seconds_of(work.model_ns),
      seconds_of(work.encode_ns), s.gather_seconds, s.write_seconds, s.journal_seconds);
  spdlog::info("{}, {:.1f} % padding, slowest rank / mean {:.2f}, {}",
               counted(work.batches, "batch", "batches"), 100 * work.padding_share(), imbalance(s),
               counted(s.gathers, "gather"));
  if (work.tokens > 0)
    spdlog::info("{}, {} tokens/s, {} cut to the length limit", counted(work.tokens, "token"),
                 rate_text(rate(static_cast<double>(work.tokens), s.seconds)),
                 counted(work.truncated, "text"));
  if (work.reused > 0) spdlog::info("{} taken over from earlier outputs", counted(work.reused, "row"));
  if (work.repeated > 0) spdlog::info("{} taken over from equal records", counted(work.repeated, "row"));
  if (work.pictures_on_gpu + work.pictures_on_cpu > 0)
    spdlog::info("pictures decoded: {} by the GPU, {} by the CPU", grouped_number(work.pictures_on_gpu),
                 grouped_number(work.pictures_on_cpu));
  if (s.gpus > 0 && work.batches > 0) spdlog::info("{}", gpu_line(s));
  if (work.halved + work.alone > 0) spdlog::info("{}", memory_line(work));
  if (s.failed > 0) spdlog::info("first failure: {}", s.first_failure);
  if (!s.too_many_failed.empty()) spdlog::warn("{}", s.too_many_failed);
  if (s.output != "-") spdlog::info("wrote {}", s.output);
  if (!s.trace.empty()) spdlog::info("trace {}, for ui.perfetto.dev", s.trace);
  if (!s.report.empty()) spdlog::info("report {}", s.report);
  if (verbose_) {
    spdlog::info(
        "seconds since the process began: libraries {:.3f}, MPI {:.3f}, plan {:.3f}, model {:.3f}, signature "
        "{:.3f}, first row {:.3f}, end {:.3f}",
        s.start.libraries, s.start.session, s.start.plan, s.start.model, s.start.signature, s.start.first_row,
        s.total_seconds);
  }
}

void TerminalObserver::notice(const std::string& text) { spdlog::warn("{}", text); }

void TerminalObserver::warning(int rank, const std::string& text) { spdlog::warn("rank {}: {}", rank, text); }

}  // namespace infer
