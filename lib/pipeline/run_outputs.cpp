#include "pipeline/run_outputs.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "pipeline/lead_config.hpp"

namespace infer {

RunOutput::RunOutput(const Channel& channel, RunSetup& run, std::size_t which, const RunHeader& header,
                     RunObserver& observer, const std::function<void()>& on_news)
    : setup(run.outputs.at(which)),
      report(run, setup, header, static_cast<std::size_t>(channel.size() / run.group_ranks())),
      files(setup.config, [&observer](const std::string& text) { observer.warning(0, text); }),
      writer(writer_config(channel, run, which), std::move(run.outputs[which].claim.output.journal), on_news,
             std::move(run.outputs[which].claim.output.errors_claim)) {}

OutputEnd RunOutput::end() {
  writer.finish();
  const auto written = writer.progress();
  INFER_ASSERT(report.scored() == written.rows - setup.start.from.rows);
  auto told = account();
  auto why_not = reasons(told.gates);
  return {std::move(told), report.summary(written), std::move(why_not)};
}

std::string RunOutput::write_report(RunAccount told, RunState state, ExitCode code,
                                    const std::string& reason) {
  told.state = state;
  told.exit_code = static_cast<int>(code);
  told.reason = reason;
  return files.finish(told);
}

RunOutputs::RunOutputs(const Channel& channel, RunSetup& setup, const std::vector<RunHeader>& headers,
                       RunObserver& observer, const std::function<void()>& on_news) {
  for (std::size_t i = 0; i < setup.outputs.size(); ++i)
    outputs_.emplace_back(channel, setup, i, headers.at(i), observer, on_news);
}

void RunOutputs::end_at(std::uint64_t chunks) {
  for (auto& output : outputs_) output.writer.end_at(chunks);
}

void RunOutputs::hurry() {
  for (auto& output : outputs_) output.writer.hurry();
}

void RunOutputs::rethrow_if_failed() const {
  for (const auto& output : outputs_) output.writer.rethrow_if_failed();
}

const RunOutput* RunOutputs::stop(Seconds limit) {
  const RunOutput* hangs = nullptr;
  for (auto& output : outputs_) {
    if (!output.writer.stop(limit)) hangs = &output;
  }
  return hangs;
}

bool RunOutputs::can_resume() const {
  return std::ranges::all_of(outputs_, [](const RunOutput& each) { return each.writer.can_resume(); });
}

void RunOutputs::accept(std::size_t rank, EncodedChunk chunk) {
  auto& output = outputs_.at(chunk.output_of_run);
  output.report.add_chunk(rank, chunk);
  output.writer.submit(std::move(chunk));
}

void RunOutputs::add_gather(double seconds) {
  for (auto& output : outputs_) output.report.add_gather(seconds);
}

const RunOutput& RunOutputs::furthest_behind() const {
  return *std::ranges::min_element(outputs_, {},
                                   [](const RunOutput& each) { return each.writer.progress().next_chunk; });
}

WriterProgress RunOutputs::progress() const {
  auto progress = outputs_.front().writer.progress();
  for (std::size_t i = 1; i < outputs_.size(); ++i) {
    auto other = outputs_[i].writer.progress();
    if (other.next_chunk < progress.next_chunk) std::swap(progress, other);
    progress.waiting_bytes += other.waiting_bytes;
    progress.failed = std::max(progress.failed, other.failed);
    progress.committed = progress.committed && other.committed;
  }
  return progress;
}

RunProgress RunOutputs::told_progress() const { return furthest_behind().report.progress(progress()); }

bool RunOutputs::has_grown() const {
  return std::ranges::any_of(outputs_, [](const RunOutput& each) {
    return each.writer.progress().kept_chunks != each.setup.start.from.chunks;
  });
}

const RunOutput* RunOutputs::busy_since(Clock::time_point then) const {
  const auto busy = std::ranges::find_if(outputs_, [then](const RunOutput& each) {
    const auto since = each.writer.progress().busy_since;
    return since && *since <= then;
  });
  return busy == outputs_.end() ? nullptr : &*busy;
}

void RunOutputs::progressed() {
  for (auto& output : outputs_) output.files.progressed([&output] { return output.account(); });
}

std::string RunOutputs::write_reports(RunState state, ExitCode code, const std::string& reason) {
  std::vector<std::string> names;
  for (auto& output : outputs_) {
    if (auto name = output.write_report(output.account(), state, code, reason); !name.empty())
      names.push_back(std::move(name));
  }
  return joined(names, ", ");
}

}  // namespace infer
