#include "terminal.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "gpu_line.hpp"

namespace infer {
namespace {

constexpr double kRedrawSeconds = 0.2;
constexpr double kLineSeconds = 10;

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number) {
  auto text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
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

double rate(double count, double seconds) { return seconds > 0 ? count / seconds : 0; }

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

/// ", 40 %, 0:01:30 left"; empty where nobody knows how much there is.
std::string share_done(const RunProgress& p) {
  if (!p.total_bytes) return "";
  const auto to_do = static_cast<double>(*p.total_bytes - p.resumed_bytes);
  const auto bytes = static_cast<double>(p.bytes - p.resumed_bytes);
  const auto done =
      *p.total_bytes > 0 ? static_cast<double>(p.bytes) / static_cast<double>(*p.total_bytes) : 1;
  const auto left = bytes > 0 ? static_cast<long>(p.seconds * (to_do - bytes) / bytes) : 0;
  const auto eta =
      bytes > 0 ? fmt::format("{}:{:02}:{:02}", left / 3600, left / 60 % 60, left % 60) : "unknown";
  return fmt::format(", {:.0f} %, {} left", 100 * done, eta);
}

/// What the model's memory did not do for, and the flags that would have avoided it.
std::string memory_line(const ChunkWork& work) {
  auto line = fmt::format("out of memory: {} {} halved", grouped(work.halved),
                          work.halved == 1 ? "batch was" : "batches were");
  if (work.alone > 0) line += fmt::format(", {} record(s) fitted only alone", grouped(work.alone));
  std::string flags;
  if (work.fitting_elements > 0) flags += fmt::format(" --max-batch-tokens {}", work.fitting_elements);
  if (work.fitting_rows > 0) flags += fmt::format(" --max-batch-size {}", work.fitting_rows);
  if (work.alone > 0) flags += " --replicas 1";
  return flags.empty() ? line : line + ";" + flags + " avoids the retries";
}

}  // namespace

TerminalObserver::TerminalObserver(bool quiet, bool verbose)
    : quiet_(quiet), verbose_(verbose), redraw_(::isatty(STDERR_FILENO) == 1) {}

void TerminalObserver::started(const RunHeader& h) {
  if (quiet_) return;
  spdlog::info("infer {}: {} rank(s) on {} host(s), {}, gather by {}", INFER_VERSION, h.ranks, h.hosts,
               h.devices, h.gather);
  spdlog::info("model {}, {}inputs {}", h.model, h.task.empty() ? "" : h.task + ", ",
               h.signature.empty() ? "none needed" : h.signature);
  const auto more = h.files > 1 ? fmt::format(" and {} more", h.files - 1) : "";
  const auto bytes = h.input_bytes ? ", " + byte_text(*h.input_bytes) : "";
  const auto chunks = h.chunks ? fmt::format(", {} chunk(s)", grouped(*h.chunks)) : "";
  spdlog::info("input {}{}{}{}, {} schedule", h.input, more, bytes, chunks, h.schedule);
  if (h.resumed_rows > 0) spdlog::info("{} rows are done already", grouped(h.resumed_rows));
}

void TerminalObserver::progressed(const RunProgress& progress) {
  if (quiet_ || since_line_.elapsed_s() < (redraw_ ? kRedrawSeconds : kLineSeconds)) return;
  since_line_ = {};
  draw(progress);
}

void TerminalObserver::draw(const RunProgress& p) {
  const auto line = fmt::format("{} rows, {} failed, {:.0f} rows/s", grouped(p.rows), grouped(p.failed),
                                rate(static_cast<double>(p.rows - p.resumed_rows), p.seconds)) +
                    share_done(p);
  if (!redraw_) return spdlog::info("{}", line);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  line_open_ = true;
}

void TerminalObserver::clear_line() {
  if (!line_open_) return;
  std::fprintf(stderr, "\r\033[K");
  std::fflush(stderr);
  line_open_ = false;
}

void TerminalObserver::finished(const RunSummary& s) {
  clear_line();
  if (quiet_) {
    if (!s.too_many_failed.empty()) spdlog::warn("{}; first failure: {}", s.too_many_failed, s.first_failure);
    return;
  }
  const auto work = total_work(s);
  spdlog::info("{} rows in, {} ok, {} failed, {:.3g} s, {:.0f} rows/s", grouped(s.rows),
               grouped(s.rows - s.failed), grouped(s.failed), s.seconds,
               rate(static_cast<double>(s.rows - s.resumed_rows), s.seconds));
  if (s.resumed_rows > 0) spdlog::info("{} of these rows were done before", grouped(s.resumed_rows));
  spdlog::info(
      "busy seconds, all ranks: read {:.3g}, decode {:.3g}, model {:.3g}, encode {:.3g}, gather {:.3g}, "
      "write {:.3g}, journal {:.3g}",
      seconds_of(work.read_ns), seconds_of(work.decode_ns), seconds_of(work.model_ns),
      seconds_of(work.encode_ns), s.gather_seconds, s.write_seconds, s.journal_seconds);
  spdlog::info("{} batches, {:.1f} % padding, slowest rank / mean {:.2f}, {} gather(s)",
               grouped(work.batches), 100 * work.padding_share(), imbalance(s), grouped(s.gathers));
  if (work.tokens > 0)
    spdlog::info("{} tokens, {:.0f} tokens/s, {} text(s) cut to the length limit", grouped(work.tokens),
                 rate(static_cast<double>(work.tokens), s.seconds), grouped(work.truncated));
  if (s.gpus > 0 && work.batches > 0) spdlog::info("{}", gpu_line(s));
  if (work.halved + work.alone > 0) spdlog::info("{}", memory_line(work));
  if (s.failed > 0) spdlog::info("first failure: {}", s.first_failure);
  if (!s.too_many_failed.empty()) spdlog::warn("{}", s.too_many_failed);
  if (s.output != "-") spdlog::info("wrote {}", s.output);
  if (!s.trace.empty()) spdlog::info("trace {}, for ui.perfetto.dev", s.trace);
  if (verbose_) {
    spdlog::info(
        "seconds since the process began: libraries {:.3f}, MPI {:.3f}, plan {:.3f}, model {:.3f}, signature "
        "{:.3f}, first row {:.3f}, end {:.3f}",
        s.start.libraries, s.start.session, s.start.plan, s.start.model, s.start.signature, s.start.first_row,
        s.total_seconds);
  }
}

void TerminalObserver::notice(const std::string& text) {
  clear_line();
  spdlog::warn("{}", text);
}

void TerminalObserver::warning(int rank, const std::string& text) {
  clear_line();
  spdlog::warn("rank {}: {}", rank, text);
}

}  // namespace infer
